r"""Every diagnostic code of the language: (title, explanation, example), as `derivcheck explain CODE` shows them.

`D001`–`D039` the reader · `D040`–`D089` formulas that read well but have no meaning as written · `D1xx` scope, kinds and sizes ·
`D3xx` warnings.  The codes of files and verdicts are in `report/codes.py`.  A code never changes its meaning.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, str, str]] = {
    # --- reading --------------------------------------------------------------------------------------------------------
    "D001": (
        "A character or sign stands where it can't.",
        "The character is not part of the notation, or nothing of its kind can stand at this place.  Unicode mathematics is understood (`σ ≤ ∑ ∂ ½ ℝ`);\n"
        "other characters are written as LaTeX macros.",
        "Example: `x @ y` is an error; `x \\cdot y` is fine.",
    ),
    "D002": (
        "The file is no text.",
        "It holds a zero byte, control characters or bytes that are no UTF-8.  Save it as UTF-8 text.",
        "",
    ),
    "D003": (
        "A bracket, brace or environment is never closed.",
        "Nothing reaches past a blank line or a line that starts with a keyword, so the closing bracket must stand before.  The place shown is the bracket\n"
        "that is still open.",
        "Example: `\\frac{1}{1 + e^{-x}` lacks a brace.",
    ),
    "D004": (
        "A closing bracket, brace or \\end has no partner.",
        "Brackets are closed in the order in which they were opened.  Round and square ones may be mixed, in intervals: `[0, 1)`.",
        "Example: `(a + b))` has one bracket too many.",
    ),
    "D005": (
        "An unbraced argument is one token.",
        "As in TeX, `x^10` is x to the power 1, followed by 0.  This is hardly ever meant, so it is an error.  `\\frac12`, `\\sqrt2`, `x^2` are fine.",
        "Example: write `x^{10}` for `x^10`, `e^{-x}` for `e^-x`, `\\sqrt{10}` for `\\sqrt10`.",
    ),
    "D006": (
        "A macro or a script lacks its argument.",
        "`\\frac` takes two arguments, `^` and `_` take one: a token or a group in braces, not brackets.",
        "Example: write `x^{(t)}` for `x^(t)`, `\\sqrt{x}` for `\\sqrt(x)`.",
    ),
    "D007": (
        "An unknown macro or environment.",
        "It is no part of the notation and was not defined.  Define your own with `\\newcommand`, `\\DeclareMathOperator` or `\\def`, before they are used.",
        "Example: `\\newcommand{\\norm}[1]{\\left\\| #1 \\right\\|}`",
    ),
    "D008": (
        "A macro definition that can't be read.",
        "Understood are `\\newcommand{\\name}[n][default]{body}`, `\\renewcommand`, `\\providecommand`, `\\DeclareMathOperator`, `\\DeclarePairedDelimiter`, `\\let`, and\n"
        "`\\def\\name#1#2{body}` without delimiters between the parameters.  Macros with text arguments (`\\text`, `\\by`, `\\label`) can't be redefined.",
        "Example: `\\def\\half{\\frac12}`",
    ),
    "D009": (
        "The expansion of a macro does not end.",
        "The macro calls itself, or grows beyond all bounds.  At most 20,000 calls and 500,000 tokens are expanded in one formula.",
        "Example: `\\newcommand{\\x}{\\x\\x}` expands for ever.",
    ),
    "D010": (
        "Too large.",
        "A file may have 4,000,000 characters, a formula 400,000 tokens and 2,500 brackets open at once.",
        "",
    ),
    "D011": (
        "Two subscripts or two superscripts on one base.",
        "TeX refuses this as well.  Primes count as a superscript and come first.",
        "Example: write `x_{i,j}` for `x_i_j`, `(x^a)^b` or `x^{a^b}` for `x^a^b`, `f'^2` for `f^2'`.",
    ),
    "D012": (
        "Letters that look like a word.",
        "`cz` is c times z, so `log x` is l times o times g times x.  Functions are macros: `\\log x`.  Words stand in `\\text{…}`.",
        "Example: write `\\max(0, x)` for `max(0, x)`, `x = 1 \\text{ or } x = 2` for `x = 1 or x = 2`.",
    ),
    "D013": (
        "Two numbers side by side.",
        "`2 3` could be 6 or 23, `1,000` a thousand or a list.  Write what is meant.",
        "Example: `2 \\cdot 3`, `1{,}000`, `1000`.",
    ),
    "D014": (
        "Prose inside a formula.",
        "Inside formulas `\\text{…}` holds names and the words and, or, if, otherwise, else, for all, for some, true, false, const.  Other text may stand at the end\n"
        "of a step, as a note; a reason goes into `\\by{…}`.",
        "Example: `= x^2 \\quad \\text{since the cross term vanishes}` is a note.",
    ),
    "D015": (
        "A sign over or under another that has no meaning here.",
        "`\\overset` and `\\stackrel` work over relations (`\\overset{!}{=}`, `\\stackrel{c}{=}`, `\\overset{iid}{\\sim}`), `\\underset` under operators and relations, accents over names.",
        "Example: `\\hat{x}` is a name, `\\hat{x + y}` is an error.",
    ),
    "D016": (
        "Several bold letters: a product or a name?",
        "Both readings make sense, so neither is taken.",
        "Example: write `\\mathbf{X}\\mathbf{w}` for the product, `\\mathrm{Xw}` for the name.",
    ),
    "D017": ("The file is empty.", "It holds no statement and no chain: nothing but blank lines, comments or macros.", "Example: a whole file is `(x+1)^2 = x^2 + 2x + 1`."),
    "D018": ("A keyword without its formula.", "`let`, `define`, `assume`, `show`, `case` and `suppose` take a formula on the same line.", "Example: `show a = b`"),
    "D019": ("Too many errors.", "After 500 errors the rest of a file is not read.", ""),
    "D020": (
        "One side of a relation is missing.",
        "A step relates what precedes the relation to what follows it.",
        "Example: `a = = b` and `a =` lack an expression.",
    ),
    "D021": (
        "A line that continues nothing.",
        "A line that starts with a relation or an arrow continues the chain or statement above it; after a blank line, or after a line such as `proof`, there is none.",
        "Example: remove the blank line above `= b`, or write `a = b`.",
    ),
    "D022": (
        "What does the wide space separate?",
        "`a = b \\quad c = d` could be two statements or one product.  Conditions stand in brackets: `= |x| \\quad (x > 0)`; equation numbers in `\\tag{…}`.",
        "Example: write `a = b, \\quad c = d`, or two chains.",
    ),
    "D023": (
        "A reason or a label in the middle of a formula.",
        "`\\by{…}` and `\\label{…}` end a step.  What follows on the same step or on the next lines, without a relation in front, would go on with the\n"
        "formula as a product.",
        "Example: put a blank line between `a = b \\by{why}` and `c = d`.",
    ),
    # --- formulas without a meaning -------------------------------------------------------------------------------------
    "D040": (
        "Something is missing or can't stand here.",
        "An operator lacks an operand, a script its base, a fraction its denominator; or a sign stands at a place where it means nothing.",
        "Example: `a + \\cdot b`",
    ),
    "D041": (
        "After a slash it is not clear where the denominator ends.",
        "`a/b c` could be `(a/b)c` or `a/(bc)`, `\\sin x/2` could be `\\sin(x/2)` or `(\\sin x)/2`.  Neither is taken.",
        "Example: write `\\frac{a}{b} c`, `a/(bc)`, `\\sin(x/2)`.",
    ),
    "D042": (
        "A bar without its partner.",
        "A bar opens after an operator and closes after an operand; between operands it is a condition or \"divides\".  `\\left| … \\right|` and `\\lvert … \\rvert`\n"
        "say which is which, `\\mid` is always a condition.",
        "Example: `|x| + |y` lacks a bar.",
    ),
    "D043": (
        "An ellipsis leaves open what is meant.",
        "Lists may have one: `x_1, \\dots, x_n`.  Sums and products are written with `\\sum` and `\\prod`.",
        "Example: write `\\sum_{i=1}^n x_i` for `x_1 + \\dots + x_n`.",
    ),
    "D045": (
        "The left side of a definition is no fresh name with parameters.",
        "`define` takes a name, alone or with distinct parameters in brackets or in its subscript.",
        "Example: `define f(x) = x^2`, `define m = A^{-1} b`, `define q(z \\mid x) = \\mathcal{N}(z; x, 1)`",
    ),
    "D046": (
        "A `let` that cannot be read.",
        "It says of names where they lie (`\\in`), what they map (`:`), how they are distributed (`\\sim`), between which bounds they are, or an attribute.",
        "Example: `let x, y \\in \\R`, `let 0 < \\beta < 1`, `let f : \\R \\to \\R convex`",
    ),
    "D047": (
        "No statement.",
        "A hypothesis, a claim, a case or a side of an arrow needs a relation.",
        "Example: `\\forall x \\in \\R : x^2 \\ge 0`",
    ),
    "D054": ("A definition by itself.", "The body of a definition uses what it defines.", "Example: `assume \\forall n \\in \\N : T(n + 1) = 2 T(n)` states a recurrence."),
    "D055": ("A bound variable is expected.", "Operators bind names.", "Example: `\\sum_{i=1}^n`, `\\int f(x) \\, dx`"),
    "D056": (
        "The limits of a sum, limit or extremum cannot be read, or are missing.",
        "An index without limits runs where the family, vector or set it belongs to is declared.",
        "Example: `\\sum_{i=1}^n`, `\\sum_{k \\ne j}`, `\\lim_{x \\to 0^+}`, `\\max_{x \\in S}`",
    ),
    "D057": ("An integral without its differential.", "An integral reaches up to its differential.", "Example: `\\int_0^1 f(x) \\, dx`"),
    "D058": ("The order of a derivative differs above and below the line.", "", "Example: `\\frac{d^2 f}{dx^2}`"),
    "D059": ("An evaluation bar without a value.", "It says what takes which value.", "Example: `\\left. f(x) \\right|_{x=0}`"),
    "D060": ("A matrix with rows of different lengths or an empty entry.", "", ""),
    "D061": (
        "A list of statements that can be read in two ways.",
        "A comma between statements is \"and\"; beside `\\lor`, or in a list of values, it could be \"or\".",
        "Example: write `x = 1 \\lor x = 2`.",
    ),
    "D062": (
        "Up to a constant in what?",
        "`\\propto`, `\\doteq` refer to the variables in their subscript or of `vary`.",
        "Example: `f(w) \\propto_w g(w)`, or `vary w`",
    ),
    "D063": ("Growth that cannot be read.", "Growth is written `f = O(g)`, after `as n \\to \\infty` among the declarations.", ""),
    "D064": ("A set that cannot be read.", "", "Example: `\\R_{>0}`, `\\{1, \\dots, K\\}`, `[0, 1)`, `\\{x \\in \\R : x^2 < 2\\}`"),
    "D065": ("Cases that cannot be read.", "Each row holds a value and its condition; the one without a condition comes last.", ""),
    "D066": ("A chain without a relation.", "A chain relates expressions or statements.", "Example: `(x+1)^2 = x^2 + 2x + 1`"),
    "D067": ("An unknown convention.", "Known are `real` and `denominator-layout`.", ""),
    "D068": ("Two derivations of one name in a file.", "", ""),
    "D069": ("A derivation that uses itself.", "A claim is never a fact of its own proof.", ""),
    "D070": ("Two claims in one derivation.", "Start another derivation for the second, or join them with `\\land`.", ""),
    "D071": ("An induction that cannot be read.", "", "Example: `induction on n`, `case n = 0`, `case n \\to n+1`"),
    "D099": ("A defect of the program.", "The place could not be read because of a mistake in derivcheck; the rest of the file was.", "Please report it."),
    "D048": (
        "The statement is too large once its definitions are unfolded.",
        "Definitions are unfolded wherever they are needed; this one then has more than a million parts.",
        "",
    ),
    "D049": ("Brackets are nested too deeply.", "Give parts of the formula names with `define`.", ""),
    "D050": (
        "Text that can't be read as mathematics.",
        "A reason goes into `\\by{…}`, a name into `\\mathrm{…}`.",
        "",
    ),
    "D051": (
        "A statement where a value is expected.",
        "Relations are true or false and can't be added or multiplied.  An indicator has a value.",
        "Example: write `\\mathbb{1}[x > 0]`.",
    ),
    "D052": ("A construct without a meaning in derivcheck.", "It is read, but the notation does not say what it means.", ""),
    "D053": (
        "Brackets of two kinds.",
        "They may differ only in intervals, after `\\in` or beside set operators.",
        "Example: `[0, 1)` is an interval, `[x + 1)` is an error.",
    ),
    # --- scope, kinds, sizes --------------------------------------------------------------------------------------------
    "D101": (
        "Sizes do not match.",
        "Sums need matrices of one shape, products need as many columns on the left as rows on the right; traces, determinants and inverses need square matrices.",
        "Example: with `A \\in \\R^{m \\times n}`, `x \\in \\R^n`: `A x` is fine, `A + x` and `x A` are not.",
    ),
    "D102": (
        "A value of another kind is expected.",
        "A number, a vector, a matrix, a set, a function or a distribution stands where something else is needed.",
        "Example: `\\frac{1}{v}` for a vector `v`; write `A^{-1}` for the inverse of a matrix.",
    ),
    "D103": (
        "The size of I, \\mathbf{1} or \\mathbf{0} is not determined.",
        "It is taken from what it is added to or multiplied with.  Where this says nothing, write the size as a subscript.",
        "Example: `I_d`, `\\mathbf{1}_n`",
    ),
    "D104": (
        "A wrong number of arguments.",
        "The declaration or definition of the function says how many it takes.",
        "Example: after `define f(x, y) = x y`, `f(1)` is an error.",
    ),
    "D105": (
        "An undeclared symbol stands before brackets as a function would.",
        "`f(x + 1)` is f of x + 1 if f is a function, and f times x + 1 otherwise.  Say which.",
        "Example: `let f : \\R \\to \\R`",
    ),
    "D106": (
        "An undeclared symbol inside an expectation, a variance or a probability.",
        "It matters there whether it is random.",
        "Example: `let X random`, `let a \\in \\R`",
    ),
    "D107": (
        "An index outside of the declared range.",
        "A member of a family outside of its range does not exist.",
        "Example: after `let x_1, \\dots, x_N \\in \\R`, `x_0` is an error; declare it by itself.",
    ),
    "D108": (
        "Two readings make sense.",
        "Neither is taken; the message names both.",
        "Example: `f^2(x)` could be `f(x)^2` or `f(f(x))`.",
    ),
    "D109": ("A name is declared twice.", "A name is declared or defined once in a derivation.", "A further condition on it is an `assume`."),
    "D110": (
        "A derivative that is not defined.",
        "Primes need a function of one real variable.",
        "Example: write `\\nabla f` or `\\frac{\\partial f}{\\partial x}` for a function of several variables.",
    ),
    "D111": (
        "An integral or an antiderivative?",
        "`\\int f(x) \\, dx` is over the declared domain of x, so x cannot be free on the other side.",
        "Example: write `\\int 2x \\, dx = x^2 + C`, or `\\int 2x \\, dx \\doteq_x x^2`, for an antiderivative.",
    ),
    "D112": (
        "A density or law is expected, or several fit.",
        "Densities are told apart by the names of their variables.",
        "Example: `let p(x, z) density`, then `p(x \\mid z)`; `\\E_{x \\sim p}[f(x)]`",
    ),
    "D113": (
        "A transpose of something that is no vector or matrix.",
        "`A^T` is a transpose where T is not declared a number; `A^\\top` always.  The vector of ones is `\\mathbf{1}`.",
        "Example: write `\\mathbf{1}^\\top x` for `1^\\top x`.",
    ),
    "D114": (
        "A symbol whose declaration could not be read.",
        "What it means is not known, so that steps with it can't be judged.  Mend the declaration; its own diagnostic says what is wrong with it.",
        "",
    ),
    # --- warnings -------------------------------------------------------------------------------------------------------
    "D301": (
        "A symbol is not declared.",
        "It is taken to be real (an index: a positive integer).  With `--strict` this is an error.",
        "Example: add `let x \\in \\R`.",
    ),
    "D302": (
        "The derivative of an independent symbol.",
        "`\\frac{dy}{dx}` is 0 where y is a real symbol of its own.",
        "Example: `let y : \\R \\to \\R` makes it a function of x.",
    ),
    "D303": ("Nothing of this name is known.", "`use` names a catalog entry or an earlier derivation of the file.", "Example: `derivcheck catalog list`"),
    "D304": (
        "A line that goes on with the formula above as a product.",
        "A line break ends no formula: what follows it without a sign is a factor of what stands before.  Two chains below each other need a blank\n"
        "line between them.",
        "Example: `a = b` and `c = d` on two lines without a blank line are the chain `a = b c = d`.",
    ),
    "D305": (
        "A comma before what looks like a condition.",
        "A comma between statements is `\\land`: `\\frac{x^2}{x} = x, \\quad x \\ne 0` claims x ≠ 0 too, which is false at x = 0.  A condition of a step\n"
        "stands in brackets behind a wide space.",
        "Example: `\\frac{x^2}{x} = x \\quad (x \\ne 0)`",
    ),
    "D310": (
        "The claim is proved, but not from its steps.",
        "The steps are proved and so is the claim, by a method of its own (`\"method\": \"direct\"`), yet the steps do not compose to the claim.",
        "Example: let the chain start at the left side of the claim and end at its right side.",
    ),
    "D311": (
        "Hypotheses that contradict each other.",
        "Everything would follow from them, so that nothing is proved under them: steps are undecided.",
        "Example: `let x > 0` and `assume x < 0`",
    ),
}

# What to write instead, where the place of an error knows nothing better.
HELP: dict[str, str] = {
    "D001": "leave it out, or write it as a LaTeX macro",
    "D002": "save the file as UTF-8 text",
    "D003": "add the closing bracket",
    "D004": "remove it, or add the one that opens",
    "D005": "put the argument in braces",
    "D006": "write the argument in braces",
    "D007": r"define it with \newcommand, or write what it stands for",
    "D008": r"write \newcommand{\name}[1]{… #1 …}",
    "D009": "a macro may not use itself",
    "D010": "break it up",
    "D011": "use braces: x_{i,j}, {x^a}^b",
    "D012": r"write functions as macros and words in \text{…}",
    "D013": r"write \cdot for a product, {,} for the comma of a number",
    "D014": r"prose may stand at the end of a step; a reason goes into \by{…}",
    "D015": "leave the sign above or below out",
    "D018": "write the formula on the same line",
    "D020": "write the missing side, or leave the relation out",
    "D021": "remove the blank line, or write the left side",
    "D023": "put it at the end of the step; a chain of its own needs a blank line above",
    "D040": "add what is missing here, or leave the sign out",
    "D041": r"write \frac{…}{…}, or brackets",
    "D042": r"write \left| … \right|, or \mid for a condition",
    "D043": r"write it with \sum or \prod",
    "D045": "write define f(x) = … or define m = …",
    "D046": r"write let x \in \R",
    "D047": r"write a relation, such as a = b or x \in S",
    "D048": "give parts of it names of their own with let and assume",
    "D049": "give parts of the formula names with define",
    "D050": r"write mathematics here; a reason goes into \by{…}, a name into \mathrm{…}",
    "D051": r"write a value here; an indicator \mathbb{1}[…] turns a statement into one",
    "D052": r"write it with other constructs of the notation, for example \sum, \int, \E, \nabla",
    "D053": "close the bracket with its own kind",
    "D054": "use another name on one of the two sides",
    "D055": r"write a name here: \sum_{i=1}^n, \int f(x) \, dx",
    "D056": r"write \sum_{i=1}^n, \lim_{x \to 0}, \max_{x \in S}",
    "D057": r"write \int f(x) \, dx",
    "D058": r"write \frac{d^2 f}{dx^2}",
    "D059": r"write \left. … \right|_{x=0}",
    "D060": "write as many entries in each row",
    "D061": r"write \land or \lor",
    "D062": r"write \propto_w or vary w",
    "D063": r"write f = O(g), after: as n \to \infty",
    "D064": r"write \R, \{a, b\} or an interval",
    "D065": "write value & condition in each row",
    "D066": "write A = B",
    "D071": "write induction on n",
    "D099": "please report it",
    "D101": "check the sizes that are declared, the order of the factors and the transposes",
    "D102": "write a value of the kind that is expected, or declare the symbol as one",
    "D103": "write the size as a subscript: I_d",
    "D104": "write as many arguments as the declaration or definition has",
    "D105": r"declare it: let f : \R \to \R",
    "D106": r"declare it: let X random, or let a \in \R",
    "D107": "write an index of the declared range",
    "D108": "write which of the readings is meant",
    "D109": "use another name",
    "D110": r"write \nabla_x f or \frac{\partial f}{\partial x}",
    "D111": r"write + C, or \doteq_x, for an antiderivative",
    "D112": r"declare it: let p(x, z) density; or write \E_{x \sim p}",
    "D113": r"declare it as a vector or a matrix: let x \in \R^d",
    "D114": "mend the declaration first",
}
