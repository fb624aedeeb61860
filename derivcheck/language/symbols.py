"""The vocabulary of the notation: which macros exist, which are synonyms, what Unicode stands for.

Canonical texts, as they appear in `Leaf.text`:

kind `name`   `x`, `\\alpha`, `\\ell`, `\\infty`, `\\emptyset`, `\\top`, the sets `\\R \\N \\Z \\Q \\C` (from `\\mathbb{R}`, ℝ), `\\mathbb{1}`;
              fonts `\\mathbf{x}` (also from `\\boldsymbol`, `\\bm`, `\\pmb`), `\\mathcal{N}`, `\\mathsf{A}`, `\\mathbb{P}`, `\\mathfrak{g}`; accents `\\hat{x}`,
              `\\bar{x}`, `\\tilde{x}`, `\\vec{x}`, `\\dot{x}`; words `\\mathrm{Po}` (from `\\mathrm \\operatorname \\text \\mathit`): so `\\operatorname{erf}` is
              `\\mathrm{erf}`, `\\operatorname{vec}` is `\\mathrm{vec}`.
kind `macro`  LaTeX's own functions and operators (`\\log \\sin \\max \\sum \\int \\lim \\nabla \\partial \\det \\gcd`) and the built-ins of SPEC section 4
              (`\\E \\Var \\Cov \\Pr \\KL \\tr \\diag \\argmax \\argmin \\const`).  A word in roman with such a name is that macro: `\\operatorname{tr}`, `\\mathrm{KL}`,
              `\\text{log}`; `\\mathbb{E}` is `\\E`, `\\arg\\max` is `\\argmax`, `\\operatorname*{arg\\,min}` is `\\argmin`, `\\text{const}` is `\\const`.
kind `text`   words with a meaning in statements: `if otherwise else true false`; in `let` and `assume` the attribute words; other prose as written.
              `\\text{and}`, `\\text{or}`, `\\text{for all}`, `\\text{for some}` are the ops `\\land \\lor \\forall \\exists`.
"""

from __future__ import annotations

import unicodedata

# --- names --------------------------------------------------------------------------------------------------------------

GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi omicron pi varpi rho varrho "
    "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()

NAME_MACROS: frozenset[str] = frozenset(
    "\\" + w
    for w in (
        *GREEK,
        *"ell hbar imath jmath infty emptyset top bot dagger ddagger bullet star aleph wp R N Z Q C digamma clubsuit diamondsuit "
        "heartsuit spadesuit".split(),
    )
)

# --- functions and operators --------------------------------------------------------------------------------------------

FUNCTION_WORDS = frozenset(
    "log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth max min sup inf lim limsup liminf det gcd lcm "
    "dim ker deg hom arg argmax argmin Re Im".split()
)
BUILT_INS = frozenset("E Var Cov Pr KL tr diag const".split())
BIG = frozenset("sum prod int iint iiint oint bigcup bigcap nabla partial".split())
LEAF_MACROS: frozenset[str] = frozenset("\\" + w for w in FUNCTION_WORDS | BUILT_INS | BIG)

# words of roman type that are the macro of the same name
WORD_MACROS: dict[str, str] = {w: "\\" + w for w in FUNCTION_WORDS | BUILT_INS if w not in ("Re", "Im", "E")}
WORD_MACROS.update(Re="\\Re", Im="\\Im", E="\\E", Cov="\\Cov", Tr="\\tr", trace="\\tr", const="\\const")

# macros of widespread packages for what LaTeX writes with \operatorname
OPERATOR_NAMES = frozenset(
    "erf erfc sign sgn softmax sech csch arcsec arccsc arccot arcsinh arccosh arctanh arcoth arsinh arcosh artanh asinh acosh atanh "
    "rank relu ReLU softplus logit sigmoid supp".split()
)

OPS: frozenset[str] = frozenset(
    ["\\" + w for w in "cdot times odot otimes circ cup cap setminus land lor lnot forall exists pm mp dots bmod oplus ominus".split()]
)

# --- relations ----------------------------------------------------------------------------------------------------------

RELATIONS: frozenset[str] = frozenset(
    [
        "=",
        "<",
        ">",
        ":=",
        *(
            "\\" + w
            for w in "ne le ge approx propto doteq in notin ni subset to iff implies impliedby perp sim simiid mid nmid succeq succ "
            "preceq prec mapsto downarrow uparrow".split()
        ),
    ]
)
ARROWS = frozenset(["\\iff", "\\implies", "\\impliedby"])

NEGATED = {"=": "\\ne", "\\in": "\\notin", "\\mid": "\\nmid", "<": "\\ge", ">": "\\le", "\\le": ">", "\\ge": "<"}

# --- synonyms: macro -> canonical text ----------------------------------------------------------------------------------

SYNONYMS: dict[str, str] = {
    "\\leq": "\\le",
    "\\leqslant": "\\le",
    "\\leqq": "\\le",
    "\\geq": "\\ge",
    "\\geqslant": "\\ge",
    "\\geqq": "\\ge",
    "\\neq": "\\ne",
    "\\lt": "<",
    "\\gt": ">",
    "\\colon": ":",
    "\\vcentcolon": ":",
    "\\equiv": "=",
    "\\coloneqq": ":=",
    "\\coloneq": ":=",
    "\\triangleq": ":=",
    "\\defeq": ":=",
    "\\Leftrightarrow": "\\iff",
    "\\Longleftrightarrow": "\\iff",
    "\\leftrightarrow": "\\iff",
    "\\longleftrightarrow": "\\iff",
    "\\Rightarrow": "\\implies",
    "\\Longrightarrow": "\\implies",
    "\\Leftarrow": "\\impliedby",
    "\\Longleftarrow": "\\impliedby",
    "\\rightarrow": "\\to",
    "\\longrightarrow": "\\to",
    "\\longmapsto": "\\mapsto",
    "\\owns": "\\ni",
    "\\subseteq": "\\subset",
    "\\indep": "\\perp",
    "\\independent": "\\perp",
    "\\Perp": "\\perp",
    "\\searrow": "\\downarrow",
    "\\nearrow": "\\uparrow",
    "\\wedge": "\\land",
    "\\vee": "\\lor",
    "\\neg": "\\lnot",
    "\\And": "\\land",
    "\\ldots": "\\dots",
    "\\cdots": "\\dots",
    "\\dotsc": "\\dots",
    "\\dotsb": "\\dots",
    "\\dotsm": "\\dots",
    "\\dotsi": "\\dots",
    "\\dotso": "\\dots",
    "\\vdots": "\\dots",
    "\\ddots": "\\dots",
    "\\ast": "*",
    "\\slash": "/",
    "\\div": "/",
    "\\smallsetminus": "\\setminus",
    "\\backslash": "\\setminus",
    "\\mod": "\\bmod",
    "\\varnothing": "\\emptyset",
    "\\empty": "\\emptyset",
    "\\intercal": "\\top",
    "\\dag": "\\dagger",
    "\\vert": "|",
    "\\Vert": "\\|",
    "\\parallel": "\\|",
    "\\lbrack": "[",
    "\\rbrack": "]",
    "\\lparen": "(",
    "\\rparen": ")",
    "\\lbrace": "\\{",
    "\\rbrace": "\\}",
    "\\dfrac": "\\frac",
    "\\tfrac": "\\frac",
    "\\cfrac": "\\frac",
    "\\sfrac": "\\frac",
    "\\nicefrac": "\\frac",
    "\\dbinom": "\\binom",
    "\\tbinom": "\\binom",
    "\\widehat": "\\hat",
    "\\widetilde": "\\tilde",
    "\\overrightarrow": "\\vec",
    "\\boldsymbol": "\\mathbf",
    "\\bm": "\\mathbf",
    "\\pmb": "\\mathbf",
    "\\bold": "\\mathbf",
    "\\symbf": "\\mathbf",
    "\\mathds": "\\mathbb",
    "\\mathbbm": "\\mathbb",
    "\\Bbb": "\\mathbb",
    "\\mathit": "\\mathrm",
    "\\mathnormal": "\\mathrm",
    "\\Tr": "\\tr",
    "\\Expect": "\\E",
    "\\Reals": "\\R",
    "\\reals": "\\R",
    "\\thinspace": "\\,",
    "\\medspace": "\\:",
    "\\thickspace": "\\;",
    "\\>": "\\:",
    "\\enspace": "\\;",
    "\\enskip": "\\;",
    "\\nobreakspace": "\\ ",
    "\\space": "\\ ",
    "\\argsinh": "\\arcsinh",
    "\\dif": "\\differential",
    "\\diff": "\\differential",
    "\\dd": "\\differential",
}

# --- fonts, accents, decoration -----------------------------------------------------------------------------------------

FONTS = frozenset(["\\mathbf", "\\mathcal", "\\mathsf", "\\mathbb", "\\mathfrak", "\\mathscr", "\\mathtt"])
ROMAN = frozenset(["\\mathrm", "\\operatorname"])
ACCENTS = frozenset("\\" + w for w in "hat bar tilde vec dot ddot check breve acute grave mathring underline".split())
OLD_FONTS = {"\\rm": "\\mathrm", "\\bf": "\\mathbf", "\\it": "\\mathrm", "\\cal": "\\mathcal", "\\sf": "\\mathsf", "\\tt": "\\mathtt"}

# unary macros whose argument is what counts
TRANSPARENT = frozenset(
    "\\" + w
    for w in "boxed fbox smash ensuremath mathbin mathrel mathord mathopen mathclose mathop mathpunct mathinner cancel bcancel xcancel".split()
)
BRACES_WITH_LABEL = frozenset(["\\underbrace", "\\overbrace", "\\underbracket", "\\overbracket"])

# macros without arguments that mean nothing here
IGNORED = frozenset(
    "\\" + w
    for w in "displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits displaylimits nonumber notag allowbreak nobreak "
    "mathstrut strut noindent centering hline protect relax big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr "
    "Biggm qed qedhere qedsymbol normalsize small footnotesize large Large par newpage hfill hfil break linebreak "
    "nolinebreak pagebreak negthinspace negmedspace negthickspace smallskip medskip bigskip itshape bfseries rmfamily".split()
) | {"\\!", "\\/", "\\-"}

THIN_SPACES = frozenset(["\\,", "\\:", "\\;", "\\ ", "~"])
WIDE_SPACES = frozenset(["\\quad", "\\qquad"])

# macros whose argument is raw text; the value says what becomes of it
RAW: dict[str, str] = {
    **dict.fromkeys(["\\text", "\\textrm", "\\textnormal", "\\textit", "\\textsf", "\\texttt", "\\mbox", "\\hbox", "\\textup", "\\emph"], "text"),
    "\\textbf": "text",
    "\\intertext": "drop",
    "\\shortintertext": "drop",
    "\\by": "by",
    "\\label": "label",
    "\\tag": "tag",
    "\\ref": "ref",
    "\\eqref": "ref",
    "\\cref": "ref",
    "\\Cref": "ref",
    "\\autoref": "ref",
    "\\cite": "drop",
    "\\footnote": "drop",
    "\\color": "drop",
    "\\hspace": "wide",
    "\\mspace": "wide",
    "\\hskip": "wide",
    "\\vspace": "drop",
    "\\phantom": "drop",
    "\\hphantom": "drop",
    "\\vphantom": "drop",
    "\\textcolor": "drop",
    "\\colorbox": "drop",
    "\\begin": "begin",
    "\\end": "end",
    "\\overset": "overset",
    "\\stackrel": "overset",
    "\\xlongequal": "xequal",
    "\\xRightarrow": "ximplies",
    "\\xLeftrightarrow": "xiff",
    "\\xLeftarrow": "ximpliedby",
    "\\href": "drop",
}

UNARY = FONTS | ROMAN | ACCENTS | TRANSPARENT | BRACES_WITH_LABEL | {
    "\\overline",
    "\\pmod",
    "\\substack",
    "\\abs",
    "\\norm",
    "\\ceil",
    "\\floor",
}  # fmt: skip
BINARY = frozenset(["\\frac", "\\binom", "\\underset"])

# --- environments -------------------------------------------------------------------------------------------------------

WRAPPERS = frozenset(
    "align aligned alignedat alignat split gather gathered equation multline flalign eqnarray displaymath math subequations".split()
)
MATRICES = frozenset("bmatrix pmatrix matrix smallmatrix vmatrix Vmatrix Bmatrix array psmallmatrix bsmallmatrix".split())
CASES = frozenset("cases dcases rcases".split())
ENVIRONMENTS = MATRICES | CASES
ENV_SYNONYMS = {"dcases": "cases", "rcases": "cases", "psmallmatrix": "pmatrix", "bsmallmatrix": "bmatrix"}

# --- brackets -----------------------------------------------------------------------------------------------------------

OPENERS = {"(": ")", "[": "]", "\\{": "\\}", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil", "\\langle": "\\rangle", "\\lvert": "\\rvert",
           "\\lVert": "\\rVert", "\\llbracket": "\\rrbracket"}  # fmt: skip
CLOSERS = {v: k for k, v in OPENERS.items()}
BRACKET_TEXT = {"\\lvert": "|", "\\rvert": "|", "\\lVert": "\\|", "\\rVert": "\\|", "<": "\\langle", ">": "\\rangle"}

# --- words --------------------------------------------------------------------------------------------------------------

ATTRIBUTE_WORDS = frozenset(
    "symmetric positive negative nonnegative definite semidefinite invertible orthogonal diagonal permutation convex concave increasing "
    "decreasing bounded random density independent constant for strictly nonzero smooth continuous differentiable integer integrable "
    "real is are and unitary nonsingular regular".split()
)

MEANT_WORDS: dict[str, tuple[str, str]] = {
    "and": ("OP", "\\land"),
    "or": ("OP", "\\lor"),
    "not": ("OP", "\\lnot"),
    "for all": ("OP", "\\forall"),
    "for every": ("OP", "\\forall"),
    "for each": ("OP", "\\forall"),
    "for any": ("OP", "\\forall"),
    "for some": ("OP", "\\exists"),
    "there exists": ("OP", "\\exists"),
    "there is": ("OP", "\\exists"),
    "exists": ("OP", "\\exists"),
    "forall": ("OP", "\\forall"),
    "if": ("TEXT", "if"),
    "otherwise": ("TEXT", "otherwise"),
    "else": ("TEXT", "otherwise"),
    "true": ("TEXT", "true"),
    "True": ("TEXT", "true"),
    "false": ("TEXT", "false"),
    "False": ("TEXT", "false"),
    "const": ("MACRO", "\\const"),
    "const.": ("MACRO", "\\const"),
    "constant": ("MACRO", "\\const"),
    "iff": ("REL", "\\iff"),
    "if and only if": ("REL", "\\iff"),
    "implies": ("REL", "\\implies"),
    "in": ("REL", "\\in"),
}

# words of prose: no name unless one is declared so (`\\text{for }` is no symbol)
CONDITION_WORDS = frozenset("for when whenever where provided as on given at".split())
PROSE_WORDS = CONDITION_WORDS | frozenset(
    "since because so thus hence then therefore with is are was be by using from we have has that which the this these of at it its let assume "
    "assuming suppose note here again finally also but yields gives equals as".split()
)

# runs of letters that were surely meant as a macro or as a word
BARE_FUNCTIONS = {
    **{w: "\\" + w for w in "log ln exp sin cos tan max min sqrt lim det sum prod int arg argmax argmin sinh cosh tanh arctan arcsin "
       "arccos sup inf frac".split()},
    **{w: f"\\operatorname{{{w}}}" for w in "erf sign softmax diag relu ReLU".split()},
    **{w: "\\" + w for w in "alpha beta gamma delta epsilon theta lambda sigma omega phi rho infty pi mu tau Sigma Gamma".split()
       if len(w) > 2},
}  # fmt: skip
KEYWORDS = frozenset("derivation title source tags let define assume vary use show proof case induction suppose rubric convention".split())
BARE_WORDS = frozenset("and or if for where then otherwise with all some such that is".split())

# --- Unicode ------------------------------------------------------------------------------------------------------------

_GREEK_LETTERS = dict(
    zip(
        "αβγδεζηθικλμνξοπρςστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϰϕϱϖ",
        (
            "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau upsilon varphi "
            "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega epsilon vartheta varkappa phi varrho varpi"
        ).split(),
        strict=True,
    )
)

UNICODE: dict[str, str] = {
    **{k: "\\" + v for k, v in _GREEK_LETTERS.items()},
    "µ": "\\mu", "Ω": "\\Omega", "∆": "\\Delta",
    "≤": "\\le", "⩽": "\\le", "≦": "\\le", "≥": "\\ge", "⩾": "\\ge", "≧": "\\ge", "≠": "\\ne", "≈": "\\approx", "≡": "=", "≔": ":=", "≜": ":=",
    "≐": "\\doteq", "∝": "\\propto", "∈": "\\in", "∉": "\\notin", "∋": "\\ni", "⊂": "\\subset", "⊆": "\\subset", "→": "\\to", "⟶": "\\to",
    "⇒": "\\implies", "⟹": "\\implies", "⇐": "\\impliedby", "⟸": "\\impliedby", "⇔": "\\iff", "⟺": "\\iff", "↔": "\\iff", "↦": "\\mapsto",
    "∼": "\\sim", "⊥": "\\perp", "⟂": "\\perp", "∣": "\\mid", "∤": "\\nmid", "↓": "\\downarrow", "↘": "\\downarrow", "↑": "\\uparrow", "↗": "\\uparrow", "⫫": "\\perp", "⪰": "\\succeq", "≽": "\\succeq", "≻": "\\succ", "⪯": "\\preceq",
    "≼": "\\preceq", "≺": "\\prec",
    "∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∬": "\\iint", "∭": "\\iiint", "∂": "\\partial", "∇": "\\nabla", "√": "\\sqrt", "∞": "\\infty",
    "−": "-", "–": "-", "×": "\\times", "·": "\\cdot", "⋅": "\\cdot", "∙": "\\cdot", "÷": "/", "∕": "/", "⁄": "/", "±": "\\pm", "∓": "\\mp", "∗": "*",
    "∪": "\\cup", "∩": "\\cap", "∖": "\\setminus", "∅": "\\emptyset", "∀": "\\forall", "∃": "\\exists", "¬": "\\lnot", "∧": "\\land", "∨": "\\lor",
    "⊙": "\\odot", "∘": "\\circ", "⊗": "\\otimes", "⊕": "\\oplus", "…": "\\dots", "⋯": "\\dots", "⋮": "\\dots", "∥": "\\|", "‖": "\\|",
    "⟨": "\\langle", "⟩": "\\rangle", "〈": "\\langle", "〉": "\\rangle", "⌊": "\\lfloor", "⌋": "\\rfloor", "⌈": "\\lceil", "⌉": "\\rceil", "⊤": "\\top",
    "ℝ": "\\R", "ℕ": "\\N", "ℤ": "\\Z", "ℚ": "\\Q", "ℂ": "\\C", "𝔼": "\\E", "ℓ": "\\ell", "ℏ": "\\hbar", "†": "\\dagger", "•": "\\bullet",
    "′": "'", "’": "'", "ı": "\\imath",
}  # fmt: skip

UNICODE_MANY: dict[str, str] = {
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "⅕": r"\frac{1}{5}", "⅖": r"\frac{2}{5}",
    "⅗": r"\frac{3}{5}", "⅘": r"\frac{4}{5}", "⅙": r"\frac{1}{6}", "⅚": r"\frac{5}{6}", "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}",
    "⅞": r"\frac{7}{8}", "″": "''", "‴": "'''", "𝟙": r"\mathbb{1}", "𝟏": r"\mathbf{1}", "𝟎": r"\mathbf{0}",
}  # fmt: skip

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀ", [*"0123456789+-()ni", "\\top"], strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ᵢⱼₙₖₘₜ", [*"0123456789+-()ijnkmt"], strict=True))

COMBINING = {"̂": "\\hat", "̄": "\\bar", "̃": "\\tilde", "̇": "\\dot", "⃗": "\\vec", "̈": "\\ddot"}

_ALPHANUMERIC_FONTS = (  # the longest name first
    ("MATHEMATICAL BOLD ITALIC ", "\\mathbf"),
    ("MATHEMATICAL BOLD SCRIPT ", "\\mathcal"),
    ("MATHEMATICAL BOLD FRAKTUR ", "\\mathfrak"),
    ("MATHEMATICAL DOUBLE-STRUCK ", "\\mathbb"),
    ("MATHEMATICAL SANS-SERIF BOLD ", "\\mathsf"),
    ("MATHEMATICAL SANS-SERIF ITALIC ", "\\mathsf"),
    ("MATHEMATICAL SANS-SERIF ", "\\mathsf"),
    ("MATHEMATICAL MONOSPACE ", "\\mathtt"),
    ("MATHEMATICAL FRAKTUR ", "\\mathfrak"),
    ("MATHEMATICAL SCRIPT ", "\\mathcal"),
    ("MATHEMATICAL ITALIC ", ""),
    ("MATHEMATICAL BOLD ", "\\mathbf"),
    ("BLACK-LETTER ", "\\mathfrak"),
    ("DOUBLE-STRUCK ", "\\mathbb"),
    ("SCRIPT ", "\\mathcal"),
)


def expand_unicode(char: str) -> str | None:
    """The LaTeX for a character outside ASCII, or None where it is no mathematics."""
    got = UNICODE.get(char) or UNICODE_MANY.get(char)
    if got is not None:
        return got
    name = unicodedata.name(char, "")
    for prefix, font in _ALPHANUMERIC_FONTS:
        if name.startswith(prefix):
            plain = unicodedata.normalize("NFKC", char)
            plain = UNICODE.get(plain, plain)
            return f"{font}{{{plain}}}" if font else plain
    parts = unicodedata.normalize("NFD", char)
    if len(parts) == 2 and parts[1] in COMBINING and (parts[0].isascii() or parts[0] in UNICODE):
        return f"{COMBINING[parts[1]]}{{{UNICODE.get(parts[0], parts[0])}}}"
    if name.startswith("FULLWIDTH "):
        plain = unicodedata.normalize("NFKC", char)
        return plain if plain.isascii() else None
    return None
