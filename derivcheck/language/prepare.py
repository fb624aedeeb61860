r"""From expanded tokens to the terminals of `grammar/math.lark`.

What is decided here, because it needs no more than the tokens around:
  - one-token arguments: the digits of `\frac12`, `\binom n2`, `x^2` stand alone; `x^10` is an error;
  - brackets: each opening one has its closing one (they may differ: `[0, 1)`), see `nesting.py`;
  - `&` and `\\`: separators in environments, single items outside of everything, nothing in between;
    the wrappers (`align`, `split`, …) are taken off where nothing else is open;
  - decoration and spaces vanish.  A `space` stays where a differential may follow it (`\, d x`), and `\quad` outside of everything;
  - `\text{…}`: words with a meaning, names, prose (see `symbols.py`).
"""

from __future__ import annotations

import difflib
import re

from derivcheck.language import symbols as S
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.nesting import Nesting
from derivcheck.language.syntax import Leaf, Macro, Seq, Span
from derivcheck.language.tokens import Token

MAX_TOKENS = 400_000

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_NO_BASE_BEFORE = frozenset(["OPEN", "LBRACE", "OPTL", "OPTR", "AMP", "NEWLINE", "BEGIN", "COMMA", "WHOLE", "SPACE"])


MAX_DIGITS = 100_000


class Preparer(Nesting):
    """One pass over the tokens of a formula."""

    # --- the pass -------------------------------------------------------------------------------------------------------

    def run(self) -> list[Token]:
        tokens = self.tokens
        if len(tokens) > MAX_TOKENS:
            raise ReadError("D010", f"a formula of more than {MAX_TOKENS} tokens", tokens[0].span, "break it up")
        i, n = 0, len(tokens)
        while i < n:
            t = tokens[i]
            kind = t.type
            spaced, self.spaced = self.spaced, False
            if kind == "letter":
                if t.word:
                    self.bare_word(t, i)
                self.leaf("NAME", "name", t.value, t)
                i += 1
            elif kind == "num":
                i = self.number(t, i)
            elif kind == "char":
                i = self.char(t, i)
            elif kind == "cmd":
                i = self.command(t, i)
            elif kind == "raw":
                self.raw(t, i, spaced)
                i += 1
            elif kind == "word":
                self.need_argument(t, f"the word {t.value}")
                self.emit("TEXT", Leaf("text", t.value, t.span), t)
                i += 1
            else:
                raise ReadError("D008", f"#{t.value} stands outside a macro definition", t.span)
        self.finish()
        return self.out

    def bare_word(self, t: Token, i: int) -> None:
        """A run of letters that was surely meant as a function or a word."""
        if self.frames and self.frames[-1].label:
            return
        meant = S.BARE_FUNCTIONS.get(t.word)
        if meant:
            letters = r"\,".join(t.word)
            raise ReadError(
                "D012",
                f"the letters {t.word} are a product of {len(t.word)} names here",
                Span(t.start, t.start + len(t.word)),
                f"write {meant}, or {letters} for the product",
            )
        near = difflib.get_close_matches(t.word, S.KEYWORDS, 1, 0.85) if len(t.word) > 3 and not self.out else []
        if near and t.word not in S.KEYWORDS:
            raise ReadError(
                "D012", f"the word {t.word!r} is no keyword", Span(t.start, t.start + len(t.word)),
                f"did you mean {near[0]}? or put spaces between the letters of a product",
            )  # fmt: skip
        if len(t.word) > 4:
            near = difflib.get_close_matches(t.word, S.ATTRIBUTE_WORDS, 1, 0.8)
            if near and t.word not in S.ATTRIBUTE_WORDS:
                raise ReadError("D012", f"the word {t.word!r} is unknown here", Span(t.start, t.start + len(t.word)), f"did you mean {near[0]}?")
        if t.word[0].isupper() and t.word.lower() in S.KEYWORDS and not self.out:
            raise ReadError(
                "D012",
                f"the word {t.word!r} would be read as a product of letters",
                Span(t.start, t.start + len(t.word)),
                f"keywords are written small: {t.word.lower()}; or put spaces between the letters of a product",
            )
        if t.word in S.BARE_WORDS or (t.word in S.ATTRIBUTE_WORDS and len(t.word) > 3):
            raise ReadError(
                "D012",
                f"the word {t.word!r} would be read as a product of letters",
                Span(t.start, t.start + len(t.word)),
                "a condition on what is declared stands on a line of its own: assume …"
                if t.word in ("with", "such", "that", "where")
                else rf"write \text{{{t.word}}}, or put spaces between the letters of a product",
            )

    def number(self, t: Token, i: int) -> int:
        text = t.value
        if len(text) > MAX_DIGITS:
            raise ReadError("D013", f"a number of {len(text)} digits", t.span, "write powers of ten, or give it a name and a definition in parts")
        if not self.pending:
            if len(text) > 1 and text[0] == "0" and text.isdigit() and self.out and self.out[-1].type == "COMMA":
                if self.out[-1].end == t.start:
                    raise ReadError("D013", "the comma splits this number", t.span, "write {,} for the comma of a number")
            self.leaf("NUM", "num", text, t)
            return i + 1
        for k, digit in enumerate(text):
            if not self.pending or not digit.isdigit():
                rest = text[k:]
                raise ReadError(
                    "D005",
                    f"an unbraced argument is one digit, so {text} would be split before {rest}",
                    t.span,
                    self.braced_number(k, text),
                )
            self.leaf("NUM", "num", digit, Token("num", digit, t.start + k, t.start + k + 1) if t.end - t.start == len(text) else t)
        return i + 1

    def braced_number(self, digits: int, text: str) -> str:
        """What to write instead of an unbraced argument of several digits."""
        at = len(self.out) - 1 - digits
        owner = self.out[at] if at >= 0 else None
        if owner is not None and owner.type in ("SUB", "SUP"):
            base = self.out[at - 1] if at else None
            shown = base.value.text if base is not None and isinstance(base.value, Leaf) and base.type in ("NAME", "MACRO", "NUM") else ""
            return f"write {shown}{owner.value}{{{text}}}"
        if owner is not None and owner.type == "ROOT":
            return f"write \\sqrt{{{text}}}"
        return "put the arguments in braces"

    # --- characters -----------------------------------------------------------------------------------------------------

    def char(self, t: Token, i: int) -> int:
        c = t.value
        if c == "{":
            return self.open_brace(t, i)
        if c == "}":
            self.close_brace(t)
        elif c in "^_":
            return self.script(t, i)
        elif c == "'":
            self.need_argument(t, "a prime")
            self.base_for_script(t)
            self.emit("PRIME", c, t)
        elif c in "([":
            if c == "[" and self.pending and self.out[-1].type == "ROOT":
                self.push("opt", t, c)
                self.emit("OPTL", c, t)
                return i + 1
            if c == "[" and self.closes_interval(i):
                self.close_bracket(t, ")")
                return i + 1
            self.open_bracket(t, c)
        elif c in ")]":
            if c == "]" and self.frames and self.frames[-1].kind == "opt":
                self.need_argument(t, "a bracket")
                self.pop()
                self.emit("OPTR", c, t)
                return i + 1
            if c == "]" and self.after_set_sign():
                self.open_bracket(t, "(")
                return i + 1
            self.close_bracket(t, c)
        elif c == ",":
            self.need_argument(t, "a comma")
            self.leaf("COMMA", "comma", ",", t)
        elif c == "&":
            self.need_argument(t, "&")
            self.separator("AMP", "amp", "&", t)
        elif c in "+-*/!:;.":
            self.leaf("OP", "op", c, t)
        elif c in "=<>" or c == ":=":
            self.relation_due()
            self.leaf("REL", "rel", c, t)
        elif c == "|":
            self.leaf("BAR", "bar", c, t)
        elif c == "||":
            if self.bars() and self.after_operand():  # |x||y|
                middle = (t.start + t.end) // 2
                self.leaf("BAR", "bar", "|", Token("char", "|", t.start, middle))
                self.leaf("BAR", "bar", "|", Token("char", "|", middle, t.end))
            else:
                self.leaf("DBAR", "dbar", c, t)
        else:
            help_ = {
                "#": r"arguments of macros stand only in \newcommand",
                "\"": "leave the quotes out",
                "`": "leave the backquotes out",
                "%": None,
            }.get(c)
            raise ReadError("D001", f"the character {c!r} is not part of the notation", t.span, help_)
        return i + 1

    def relation_due(self) -> None:
        """A relation sign is no unbraced argument, but for what stands over or under one."""
        owner = self.pending[-1][2] if self.pending else None
        if isinstance(owner, Token) and owner.value not in ("\\overset", "\\stackrel", "\\underset"):
            self.need_argument(owner, "")

    def no_exists(self, t: Token) -> None:
        """`\\nexists` is `\\lnot \\exists`."""
        self.leaf("OP", "op", "\\lnot", t)
        self.leaf("OP", "op", "\\exists", t)

    def ends_here(self, k: int) -> bool:
        """Whether nothing follows on this level but punctuation and what belongs to the step."""
        nxt = self.after_spaces(k)
        if nxt is None:
            return True
        t = self.tokens[nxt]
        if t.type == "raw":
            return t.value[0] in ("by", "label", "tag", "end")
        return t.value in (".", ",", ";") or t.type in ("char", "cmd") and S.SYNONYMS.get(t.value, t.value) in S.RELATIONS

    def percent(self, t: Token) -> None:
        """`50\\%` is the number 0.50."""
        self.need_argument(t, "a percent sign")
        last = self.out[-1] if self.out else None
        if last is None or last.type != "NUM" or not isinstance(last.value, Leaf):
            raise ReadError("D001", "a percent sign stands behind numbers only", t.span, r"write \frac{x}{100}")
        whole, _, rest = last.value.text.partition(".")
        whole = whole.zfill(3)
        span = Span(last.start, t.end)
        self.out[-1] = Token("NUM", Leaf("num", f"{whole[:-2].lstrip('0') or '0'}.{whole[-2:]}{rest}", span), last.start, t.end)

    def script(self, t: Token, i: int) -> int:
        self.need_argument(t, f"the sign {t.value}")
        self.base_for_script(t)
        tokens, n = self.tokens, len(self.tokens)
        if t.value == "^":
            # \prime in a superscript is a prime
            k = i + 1
            braced = k < n and tokens[k].type == "char" and tokens[k].value == "{"
            k += braced
            first = k
            while k < n and tokens[k].type == "cmd" and tokens[k].value == "\\prime":
                k += 1
            if k > first and (not braced or (k < n and tokens[k].type == "char" and tokens[k].value == "}")):
                for p in tokens[first:k]:
                    self.emit("PRIME", "'", p)
                return k + braced
        if i + 2 < n:
            sign, after = tokens[i + 1], tokens[i + 2]
            if sign.type == "char" and sign.value in "+-" and after.type in ("num", "letter") and after.start == sign.end:
                raise ReadError(
                    "D005",
                    f"the script is the sign {sign.value} alone, as in TeX",
                    Span(sign.start, after.end),
                    f"write {t.value}{{{sign.value}{after.value}}}, or put a space behind the sign",
                )
        self.emit("SUB" if t.value == "_" else "SUP", t.value, t)
        self.due(1, "script", t)
        return i + 1

    def base_for_script(self, t: Token) -> None:
        if not self.out or self.out[-1].type in _NO_BASE_BEFORE:
            self.emit("EMPTY", None, t)

    def separator(self, type_: str, kind: str, text: str, t: Token) -> None:
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.kind == "env":
            self.emit(type_, text, t)
        elif self.real == 0:
            self.whole(Leaf(kind, text, t.span), t)
        elif type_ == "NEWLINE" and frame is not None and frame.substack:
            self.leaf("COMMA", "comma", ",", t)

    # --- control sequences ----------------------------------------------------------------------------------------------

    def command(self, t: Token, i: int) -> int:
        v = t.value
        v = S.SYNONYMS.get(v, v)
        if v in S.IGNORED:
            return i + 1
        if v in ("\\square", "\\Box", "\\blacksquare") and self.ends_here(i + 1):  # the end of a proof; elsewhere an operator that nobody knows
            return i + 1
        if v in S.NAME_MACROS:
            self.leaf("NAME", "name", v, t)
        elif v in ("\\left", "\\right", "\\middle"):
            return self.sized(t, i)
        elif v in S.UNARY:
            self.emit("UNARY", v, t)
            self.due(1, "font" if v in S.FONTS or v in S.ROMAN else "arg", t)
        elif v in S.BINARY:
            self.emit("BINARY", v, t)
            self.due(2, "arg", t)
        elif v == "\\sqrt":
            self.out.append(Token("ROOT", v, t.start, t.end, t.word))
            self.due(1, "arg", t)
        elif v in S.THIN_SPACES or v in S.WIDE_SPACES:
            self.space(v, t, i)
        elif v == "\\arg":
            nxt = self.after_spaces(i + 1)
            if nxt is not None and self.tokens[nxt].type == "cmd" and self.tokens[nxt].value in ("\\max", "\\min"):
                m = self.tokens[nxt]
                self.leaf("MACRO", "macro", "\\arg" + m.value[1:], Token("cmd", v, t.start, m.end))
                return nxt + 1
            self.leaf("MACRO", "macro", v, t)
        elif v in S.LEAF_MACROS:
            self.leaf("MACRO", "macro", v, t)
        elif v == "\\perp" and self.out and isinstance(self.out[-1].value, Leaf) and self.out[-1].value.text == "\\perp":
            last = self.out[-1]  # \perp\!\!\!\perp is one sign
            self.out[-1] = Token("REL", Leaf("rel", "\\perp", Span(last.start, t.end)), last.start, t.end)
        elif v in S.RELATIONS:
            if v != "\\perp":
                self.relation_due()
            self.leaf("REL", "rel", v, t)
        elif v in S.OPS or v in ("*", "/", ":"):
            self.leaf("OP", "op", v, t)
        elif v == "\\\\" or v == "\\cr":
            self.need_argument(t, "a line end")
            self.separator("NEWLINE", "newline", "\\\\", t)
        elif v in S.OPENERS:
            self.open_bracket(t, v)
        elif v in S.CLOSERS:
            self.close_bracket(t, v)
        elif v == "|":
            self.leaf("BAR", "bar", "|", t)
        elif v == "\\|":
            self.leaf("DBAR", "dbar", "\\|", t)
        elif v == "\\%":
            self.percent(t)
        elif v == "\\nexists":
            self.no_exists(t)
        elif v == "\\not":
            return self.negated(t, i)
        elif v == "\\prime":
            self.need_argument(t, "a prime")
            self.base_for_script(t)
            self.emit("PRIME", "'", t)
        elif v == "\\differential":
            self.leaf("NAME", "name", "\\mathrm{d}", t)
        elif v == "\\by":
            raise ReadError("D006", "\\by needs an argument in braces", t.span, "write \\by{…}")
        elif v[1:] in S.OPERATOR_NAMES:
            self.leaf("NAME", "name", f"\\mathrm{{{v[1:]}}}", t)
        elif v in S.OLD_FONTS:
            raise ReadError("D007", f"{v} works only at the start of a group", t.span, f"write {S.OLD_FONTS[v]}{{…}}")
        else:
            raise unknown_macro(t)
        return i + 1

    def space(self, v: str, t: Token, i: int) -> None:
        self.spaced = True
        wide = v in S.WIDE_SPACES
        nxt = self.after_spaces(i + 1)
        ahead = self.tokens[nxt] if nxt is not None else None
        differential = ahead is not None and (
            (ahead.type == "letter" and ahead.value == "d") or (ahead.type == "cmd" and ahead.value in ("\\mathrm", "\\dd", "\\dif", "\\diff"))
        )
        if self.pending or (self.out and self.out[-1].type in ("SPACE", "UNARY", "BINARY", "ROOT", "SUB", "SUP") and not wide):
            return
        if wide and self.real == 0:
            self.emit("SPACE", Leaf("space", "\\quad", t.span), t)
        elif differential:
            self.emit("SPACE", Leaf("space", "\\,", t.span), t)

    def negated(self, t: Token, i: int) -> int:
        if i + 1 < len(self.tokens):
            nxt = self.tokens[i + 1]
            v = S.SYNONYMS.get(nxt.value, nxt.value) if isinstance(nxt.value, str) else ""
            if v == "\\exists":
                self.no_exists(Token("cmd", v, t.start, nxt.end))
                return i + 2
            if v in S.NEGATED:
                self.leaf("REL", "rel", S.NEGATED[v], Token("cmd", v, t.start, nxt.end))
                return i + 2
        raise ReadError("D007", r"\not works before =, \in and \mid only", t.span, r"write \lnot (…)")

    # --- macros with raw text -------------------------------------------------------------------------------------------

    def raw(self, t: Token, i: int, spaced: bool) -> None:
        kind, content, macro = t.value
        span = t.span
        if kind == "text":
            self.text(t, content, spaced, i)
        elif kind in ("by", "label", "tag"):
            self.need_argument(t, macro)
            body = Seq((Leaf("text", content.strip(), span),), span)
            self.whole(Macro("\\" + kind, None, (body,), span), t)
        elif kind == "ref":
            self.need_argument(t, macro)
            self.emit("TEXT", Leaf("text", f"{macro}{{{content}}}", span), t)
        elif kind == "wide":
            self.space("\\quad" if _wide(content) else "\\,", Token("cmd", "\\quad", t.start, t.end), i)
        elif kind == "begin":
            self.begin(t, content)
        elif kind == "end":
            self.end(t, content)
        elif kind == "overset":
            self.out.append(Token("UNARY", ("overset", content), t.start, t.end))
            self.due(1, "arg", Token("cmd", macro, t.start, t.end))
        elif kind == "xequal":
            self.leaf("REL", "rel", "=", t)
        elif kind in ("ximplies", "xiff", "ximpliedby"):
            self.leaf("REL", "rel", "\\" + kind[1:], t)

    def in_brackets_alone(self, i: int) -> bool:
        """Whether the token is all that a round bracket holds: `(\\text{commutativity})`."""
        nxt = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
        opened = self.out[-1] if self.out else None
        return opened is not None and opened.type == "OPEN" and opened.value == "(" and nxt is not None and nxt.type == "char" and nxt.value == ")"

    def text(self, t: Token, content: str, spaced: bool, i: int) -> None:
        plain = " ".join(content.replace("~", " ").replace("\\ ", " ").split())
        word = plain.strip(",;: ")
        meant = S.MEANT_WORDS.get(word) or S.MEANT_WORDS.get(word.lower())
        label = bool(self.frames and self.frames[-1].label) or bool(self.pending and self.pending[-1][1] == "script")
        if meant is not None and not label:
            kind = {"OP": "op", "TEXT": "text", "MACRO": "macro", "REL": "rel"}[meant[0]]
            self.leaf(meant[0], kind, meant[1], t)
            return
        if not plain:
            return
        if label:
            self.leaf("NAME", "name", f"\\mathrm{{{plain}}}", t)
            return
        words = plain.split()
        if all(w in S.ATTRIBUTE_WORDS for w in words) and not self.pending and len(words) > 1:
            for w in words:
                self.emit("TEXT", Leaf("text", w, t.span), t)
            return
        if _WORD.match(plain):
            loose = (spaced or content != content.strip() or (self.out and self.out[-1].type == "WHOLE")) and not self.pending
            if plain not in self.known and self.real == 1 and len(plain) > 2 and self.in_brackets_alone(i):
                self.emit("TEXT", Leaf("text", plain, t.span), t)
                return
            if plain.lower() in S.PROSE_WORDS and plain not in self.known and not self.pending:
                if plain.lower() in S.CONDITION_WORDS and self.in_env() or self.real == 0:
                    self.emit("TEXT", Leaf("text", plain, t.span), t)
                    return
                raise ReadError("D014", f"the word {plain!r} inside a formula", t.span, r"a reason goes into \by{…}, a condition behind the step: \text{if } x > 0")
            if plain in S.WORD_MACROS and (not loose or plain not in ("min", "deg", "arg", "lg")):
                self.leaf("MACRO", "macro", S.WORD_MACROS[plain], t)
            elif loose and plain not in self.known and self.real == 0 and self.out and self.out[-1].type not in ("OP", "REL"):
                self.emit("TEXT", Leaf("text", plain, t.span), t)
            else:
                self.leaf("NAME", "name", f"\\mathrm{{{plain}}}", t)
            return
        self.need_argument(t, "prose")
        if self.real > 1 or (self.real and self.frames[-1].kind != "bracket" and not self.in_env()):
            raise ReadError("D014", "prose inside a formula", t.span, r"only names and the words and, or, if, otherwise, for all … can stand here")
        self.emit("TEXT", Leaf("text", plain, t.span), t)


_LENGTH = re.compile(r"\s*([0-9.]+)\s*([a-z]+)")
_EM = {"em": 1.0, "ex": 0.43, "pt": 0.1, "bp": 0.1, "mm": 0.28, "cm": 2.8, "in": 7.2, "pc": 1.2, "mu": 1 / 18, "dd": 0.1}


def _wide(length: str) -> bool:
    """Whether the space of `\\hspace{…}` is as wide as a `\\quad`."""
    m = _LENGTH.match(length)
    return "-" not in length if m is None else float(m.group(1).strip(".") or 0) * _EM.get(m.group(2), 1.0) >= 1.0


def infix_fractions(tokens: list[Token]) -> list[Token]:
    r"""`{a \over b}` as `\frac{a}{b}`, `{n \choose k}` as `\binom{n}{k}`; elsewhere the two macros stay, and are errors."""
    if not any(t.type == "cmd" and t.value in _INFIX for t in tokens):
        return tokens
    out: list[Token] = []
    opened: list[int] = []  # where the braces that are open stand in `out`; -1 once they hold a fraction
    for t in tokens:
        if t.type == "char" and t.value == "{":
            opened.append(len(out))
        elif t.type == "char" and t.value == "}" and opened:
            if opened.pop() == -1:
                out.append(Token("char", "}", t.start, t.end))
        elif t.type == "cmd" and t.value in _INFIX and opened and opened[-1] >= 0:
            at = opened[-1]
            brace = out[at]
            out[at:at] = [Token("char", "{", brace.start, brace.end), Token("cmd", _INFIX[t.value], t.start, t.end)]
            out += [Token("char", "}", t.start, t.end), Token("char", "{", t.start, t.end)]
            opened[-1] = -1
            continue
        out.append(t)
    return out


_INFIX = {"\\over": "\\frac", "\\choose": "\\binom"}
_ALL_MACROS: list[str] = []


def unknown_macro(t: Token) -> ReadError:
    """The error for a macro that nobody has defined, with the nearest ones that exist."""
    if not _ALL_MACROS:
        _ALL_MACROS.extend(
            sorted(
                {*S.NAME_MACROS, *S.LEAF_MACROS, *S.OPS, *S.SYNONYMS, *S.UNARY, *S.BINARY, *S.RAW, *S.IGNORED, "\\sqrt", "\\left", "\\right"}
                | {r for r in S.RELATIONS if r.startswith("\\")}
                | {"\\" + w for w in S.OPERATOR_NAMES}
            )
        )
    special = {
        "\\over": r"write \frac{…}{…}, or braces around it: {a \over b}",
        "\\choose": r"write \binom{n}{k}, or braces around it: {n \choose k}",
        "\\therefore": r"write \implies",
        "\\because": r"write \by{…} behind the step",
        "\\gets": "write := or =",
        "\\leftarrow": "write := or =",
        "\\xrightarrow": r"write \lim_{x \to a} … = …",
        "\\simeq": r"write \approx for numbers",
        "\\cong": r"write = or \approx",
        "\\vec": None,
    }
    if t.value in special:
        return ReadError("D007", f"the macro {t.value} is not part of the notation", t.span, special[t.value])
    near = difflib.get_close_matches(t.value, _ALL_MACROS, 1, 0.6)
    help_ = f"did you mean {near[0]}?" if near else rf"define it with \newcommand{{{t.value}}}{{…}} or \DeclareMathOperator"
    return ReadError("D007", f"the macro {t.value} is unknown", t.span, help_)


def prepare(tokens: list[Token], known_names: frozenset[str] | None = None) -> list[Token]:
    """The terminals of one formula; a `ReadError` where it can't be one."""
    return Preparer(infix_fractions(tokens), known_names).run()
