r"""What is open while a formula is prepared: brackets, braces, environments, and the arguments that macros still wait for.

The base of `prepare.Preparer`.  Each opening bracket has its closing one (they may differ: `[0, 1)`); nesting is limited to `MAX_DEPTH`.
`\left` and `\right` may carry bars and the empty delimiter; `\right. \\ \left.` only splits a bracket over two lines.
"""

from __future__ import annotations

import difflib

from derivcheck.language import symbols as S
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.syntax import Item, Leaf, Span
from derivcheck.language.tokens import Token

MAX_DEPTH = 2500

_OPERANDS = frozenset(["NAME", "NUM", "CLOSE", "RBRACE", "PRIME", "END"])
_SET_SIGNS = frozenset(["\\in", "\\notin", "\\subset", "\\cup", "\\cap", "\\setminus"])
_BEHIND_A_SET = S.RELATIONS | S.OPS | S.THIN_SPACES | S.WIDE_SPACES | {"\\\\", "\\}"}
LABEL_ROLES = frozenset(["script", "font"])


class Frame:
    """Something open.  `kind`: `brace`, `bracket`, `opt`, `env`, `wrapper`; `pending` the arguments still due outside of it."""

    __slots__ = ("interval", "kind", "label", "pending", "start", "substack", "text", "token", "wraps")

    def __init__(self, kind: str, token: Token, text: str, pending: list[list[object]], label: bool) -> None:
        self.kind, self.token, self.text, self.pending, self.label = kind, token, text, pending, label
        self.wraps = False
        self.substack = False
        self.interval = False  # stands where a set can stand
        self.start = 0


class Nesting:
    """The terminals so far, what is open, and which arguments are due."""

    def __init__(self, tokens: list[Token], known_names: frozenset[str] | None = None) -> None:
        self.tokens = tokens
        self.out: list[Token] = []
        self.frames: list[Frame] = []
        self.real = 0  # frames that are no wrappers
        self.pending: list[list[object]] = []  # [arguments due, "script" | "font" | "arg", token]
        self.known = known_names or frozenset()
        self.spaced = False  # a space macro just went by

    # --- small helpers --------------------------------------------------------------------------------------------------

    def emit(self, type_: str, value: object, token: Token) -> None:
        self.out.append(Token(type_, value, token.start, token.end))

    def leaf(self, type_: str, kind: str, text: str, token: Token) -> None:
        """A leaf; it may be the one-token argument that is due."""
        self.emit(type_, Leaf(kind, text, Span(token.start, token.end)), token)
        if self.pending:
            self.done()

    def whole(self, item: Item, token: Token) -> None:
        self.emit("WHOLE", item, token)

    def done(self) -> None:
        """One of the arguments due has been read."""
        pending = self.pending
        while pending:
            pending[-1][0] -= 1  # type: ignore[operator]
            if pending[-1][0]:
                return
            pending.pop()  # the macro is complete, and may itself be an argument

    def due(self, count: int, role: str, token: Token) -> None:
        self.pending.append([count, role, token])

    def push(self, kind: str, token: Token, text: str) -> Frame:
        if len(self.frames) >= MAX_DEPTH:
            raise ReadError("D010", f"more than {MAX_DEPTH} brackets are open at once", token.span, "break the formula up")
        label = bool(self.frames and self.frames[-1].label and self.frames[-1].kind == "brace")
        if self.pending and self.pending[-1][1] in LABEL_ROLES:
            label = True
        frame = Frame(kind, token, text, self.pending, label)
        self.pending = []
        self.frames.append(frame)
        if kind != "wrapper":
            self.real += 1
        return frame

    def pop(self) -> Frame:
        frame = self.frames.pop()
        self.pending = frame.pending
        if frame.kind != "wrapper":
            self.real -= 1
        return frame

    def need_argument(self, token: Token, what: str) -> None:
        """A bracket, script or separator where an argument is due is an error."""
        if not self.pending:
            return
        _, role, owner = self.pending[-1]
        assert isinstance(owner, Token)
        name = owner.value if isinstance(owner.value, str) else "this macro"
        if role == "script":
            raise ReadError(
                "D006",
                f"{what} can't be a script by itself" if what else f"nothing follows this {name}",
                token.span if what else owner.span,
                f"write {name}{{…}}",
            )
        raise ReadError("D006", f"{name} needs an argument", owner.span, f"write {name}{{…}}")

    def finish(self) -> None:
        for frame in self.frames:
            what = f"\\begin{{{frame.text}}}" if frame.kind in ("env", "wrapper") else f"the bracket {frame.text}"
            if frame.kind == "brace":
                what = "this brace"
            help_ = f"add \\end{{{frame.text}}}" if frame.kind in ("env", "wrapper") else "add the closing one before the line or formula ends"
            raise ReadError("D003", f"{what} is never closed", frame.token.span, help_)
        if self.pending:
            self.need_argument(self.tokens[-1], "")

    def bars(self) -> int:
        """How many single bars are open on this bracket level since the last relation or comma (SPEC, reading rule 5)."""
        depth = 0
        after: list[bool] = []  # of each bar, the last one first: whether an operand stands before it
        tokens = self.out[-400:]
        for k in range(len(tokens) - 1, -1, -1):
            token = tokens[k]
            if token.type in ("CLOSE", "RBRACE", "OPTR", "END"):
                depth += 1
            elif token.type in ("OPEN", "LBRACE", "OPTL", "BEGIN"):
                depth -= 1
                if depth < 0:
                    break
            elif depth == 0 and token.type in ("REL", "COMMA", "WHOLE", "AMP", "NEWLINE"):
                break
            elif depth == 0 and token.type == "BAR":
                after.append(k > 0 and tokens[k - 1].type in _OPERANDS)
        count = 0
        for operand in reversed(after):
            count += 1 if not operand or not count else -1
        return count

    def after_operand(self) -> bool:
        return bool(self.out) and self.out[-1].type in (*_OPERANDS, "MACRO")

    def open_brace(self, t: Token, i: int) -> int:
        tokens = self.tokens
        if i + 1 < len(tokens) and tokens[i + 1].type == "cmd" and tokens[i + 1].value in S.OLD_FONTS:
            # {\bf x} is \mathbf{x}, with braces of its own
            font = tokens[i + 1]
            self.push("brace", t, "{")
            self.emit("LBRACE", "{", t)
            self.emit("UNARY", S.OLD_FONTS[font.value], font)
            self.due(1, "font", Token("cmd", font.value, font.start, font.end))
            frame = self.push("brace", t, "{")
            frame.wraps = True
            self.emit("LBRACE", "{", t)
            return i + 2
        self.push("brace", t, "{").substack = bool(self.out and self.out[-1].type == "UNARY" and self.out[-1].value == "\\substack")
        self.emit("LBRACE", "{", t)
        return i + 1

    def close_brace(self, t: Token) -> None:
        self.need_argument(t, "a brace")
        if not self.frames or self.frames[-1].kind != "brace":
            if self.frames and self.frames[-1].kind != "wrapper":
                frame = self.frames[-1]
                raise ReadError("D003", f"{self.named(frame)} is not closed before this brace", frame.token.span, "close it first")
            raise ReadError("D004", "this brace closes nothing", t.span, "remove it or add the opening {")
        while True:
            frame = self.pop()
            self.emit("RBRACE", "}", t)
            if self.pending:
                self.done()
            if not frame.wraps:
                return

    def named(self, frame: Frame) -> str:
        return f"\\begin{{{frame.text}}}" if frame.kind in ("env", "wrapper") else f"the bracket {frame.text}"

    # --- brackets -------------------------------------------------------------------------------------------------------

    def open_bracket(self, t: Token, text: str) -> None:
        if self.pending and self.out[-1].type == "ROOT" and self.out[-1].word == "√" and text == "(":
            self.push("brace", t, "{").wraps = True
            self.emit("LBRACE", "{", t)
        self.need_argument(t, f"the bracket {text}")
        frame = self.push("bracket", t, text)
        frame.interval, frame.start = self.after_set_sign(), len(self.out)
        self.emit("OPEN", S.BRACKET_TEXT.get(text, text), t)

    # `]0, 1[` is the open interval, `[0, 1[` the half-open one

    def after_set_sign(self) -> bool:
        last = self.out[-1] if self.out else None
        return last is not None and isinstance(last.value, Leaf) and last.value.text in _SET_SIGNS

    def closes_interval(self, i: int) -> bool:
        """Whether the `[` at token `i` closes an interval: it stands behind the second of two ends, and no operand follows."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.kind != "bracket" or not frame.interval or not self.after_operand():
            return False
        if sum(t.type == "COMMA" for t in self.out[frame.start :]) != 1:
            return False
        nxt = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
        if nxt is None or nxt.type == "raw":
            return True
        return nxt.type == "char" and nxt.value in ",.;:)}=<>&" or nxt.type == "cmd" and S.SYNONYMS.get(nxt.value, nxt.value) in _BEHIND_A_SET

    def close_bracket(self, t: Token, text: str) -> None:
        self.need_argument(t, f"the bracket {text}")
        if not self.frames or self.frames[-1].kind != "bracket":
            if self.frames and self.frames[-1].kind != "wrapper":
                frame = self.frames[-1]
                what = "this brace" if frame.kind == "brace" else self.named(frame)
                raise ReadError("D003", f"{what} is not closed before the bracket {text}", frame.token.span, "close it first")
            raise ReadError("D004", f"the bracket {text} closes nothing", t.span, "remove it or add the opening one")
        frame = self.frames[-1]
        pair = {frame.text, text}
        if not (pair <= {"(", ")", "[", "]"} or S.OPENERS.get(frame.text) == text or frame.text.startswith("\\left") or "." in pair
                or text.startswith("\\right")):  # fmt: skip
            raise ReadError("D004", f"the bracket {text} does not match {frame.text}", t.span, f"close it with {S.OPENERS.get(frame.text)}")
        self.pop()
        text = text.removeprefix("\\right ")
        self.emit("CLOSE", S.BRACKET_TEXT.get(text, text), t)
        if self.frames and self.frames[-1].kind == "brace" and self.frames[-1].wraps and self.frames[-1].token is frame.token:
            self.pop()
            self.emit("RBRACE", "}", t)
            self.done()

    def sized(self, t: Token, i: int) -> int:
        """`\\left`, `\\right`, `\\middle` with their delimiter."""
        if i + 1 >= len(self.tokens):
            raise ReadError("D006", f"{t.value} needs a bracket", t.span)
        d = self.tokens[i + 1]
        text = S.SYNONYMS.get(d.value, d.value) if d.type == "cmd" else d.value
        both = Token("cmd", text, t.start, d.end)
        known = isinstance(text, str) and (text in S.OPENERS or text in S.CLOSERS or text in ("|", "||", "\\|", ".", "/", "<", ">"))
        if not known:
            raise ReadError("D006", f"{t.value} needs a bracket, not {d.value}", both.span, rf"write {t.value}( or {t.value}.")
        text = "\\|" if text == "||" else S.BRACKET_TEXT.get(text, text)
        if t.value == "\\middle":
            if text == "|":
                self.leaf("BAR", "bar", "|", both)
            elif text == "\\|":
                self.leaf("DBAR", "dbar", "\\|", both)
            else:
                self.leaf("OP", "op", text, both)
        elif t.value == "\\left":
            self.need_argument(both, "a bracket")
            interval = self.after_set_sign()
            text = "(" if interval and text == "]" else text
            self.push("bracket", both, "\\left " + text).interval = interval
            self.emit("OPEN", text, both)
        else:
            text = ")" if text == "[" and self.frames and self.frames[-1].interval else text
            nxt = self.after_spaces(i + 2)
            if text == "." and nxt is not None and self.frames and self.frames[-1].text not in ("\\left \\{", "\\left ."):
                # \right. … \left. only splits a bracket over two lines
                k = nxt
                tok = self.tokens[k]
                if tok.type == "cmd" and tok.value == "\\left" and k + 1 < len(self.tokens) and self.tokens[k + 1].value == ".":
                    return k + 2
            self.close_bracket(both, "\\right " + text)
        return i + 2

    def after_spaces(self, k: int) -> int | None:
        """The index of the next token that is no space, line end or `&`."""
        while k < len(self.tokens):
            t = self.tokens[k]
            if (t.type == "cmd" and (t.value == "\\\\" or t.value in S.THIN_SPACES or t.value in S.WIDE_SPACES or t.value in S.IGNORED)) or (t.type == "char" and t.value == "&"):
                k += 1
            else:
                return k
        return None

    def in_env(self) -> bool:
        return bool(self.frames) and self.frames[-1].kind == "env"

    def begin(self, t: Token, name: str) -> None:
        self.need_argument(t, f"\\begin{{{name}}}")
        if name in S.WRAPPERS and self.real == 0:
            self.push("wrapper", t, name)
            return
        if name not in S.ENVIRONMENTS and name not in S.WRAPPERS:
            near = difflib.get_close_matches(name, sorted(S.ENVIRONMENTS | S.WRAPPERS), 1)
            raise ReadError("D007", f"the environment {name!r} is unknown", t.span, f"did you mean {near[0]}?" if near else "known are align, gather, cases, bmatrix, pmatrix and their kin")
        self.push("env", t, name)
        self.emit("BEGIN", S.ENV_SYNONYMS.get(name, name), t)

    def end(self, t: Token, name: str) -> None:
        self.need_argument(t, f"\\end{{{name}}}")
        frame = self.frames[-1] if self.frames else None
        if frame is None:
            raise ReadError("D004", f"\\end{{{name}}} closes nothing", t.span, f"add \\begin{{{name}}}")
        if frame.kind not in ("env", "wrapper"):
            what = "this brace" if frame.kind == "brace" else self.named(frame)
            raise ReadError("D003", f"{what} is not closed before \\end{{{name}}}", frame.token.span, "close it first")
        if frame.text != name:
            raise ReadError("D004", f"\\end{{{name}}} closes \\begin{{{frame.text}}}", t.span, f"write \\end{{{frame.text}}}")
        self.pop()
        if frame.kind == "env":
            self.emit("END", name, t)
