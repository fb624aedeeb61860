"""Maxima and giac in the benchmark: programs that are written to and read from, where they are installed.

Maxima accepts where `trigsimp`, `radcan` or `fullratsimp` of the difference is 0; giac where `simplify` of it is.  Symbols get
the assumptions that the declarations allow.  A program that does not answer in time is ended and started afresh.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from typing import Any

from derivcheck.language.document import StepSource
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, open_binder

MAXIMA = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sign": "signum", "ceil": "ceiling", "binom": "binomial", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "digamma": "psi[0]", "re": "realpart", "im": "imagpart", "conj": "conjugate", "arg": "carg",
}  # fmt: skip
GIAC = {
    "ceil": "ceiling", "binom": "comb", "digamma": "Psi", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "gamma": "Gamma", "log": "ln",
}  # fmt: skip


class Writer:
    """Terms in the notation of one of the two."""

    def __init__(self, context: Any, language: str, prefix: str) -> None:
        self.context = context
        self.maxima = language == "maxima"
        self.prefix = prefix
        self.names: dict[Term, str] = {}
        self.assumptions: list[str] = []

    def symbol(self, t: Term) -> str:
        """The name of a symbol; what is declared of it joins the assumptions."""
        if t not in self.names:
            name = self.names[t] = f"{self.prefix}{chr(97 + len(self.names) % 26)}{len(self.names) // 26 or ''}"
            domain = self.context.domain_of(t)
            data = str(domain.data) if domain is not None and domain.op == "set" else ""
            positive = data in ("Rpos", "Npos") or (domain is not None and domain.op == "interval" and domain.args[0] is b.ZERO)
            if data in ("N", "Npos", "Z"):
                self.assumptions.append(f"declare({name},integer)" if self.maxima else f"assume({name},integer)")
            if data == "C" and self.maxima:
                self.assumptions.append(f"declare({name},complex)")
            if positive or data in ("Rnn", "N"):
                sign = ">" if positive else ">="
                self.assumptions.append(f"{'assume' if self.maxima or data in ('Rpos', 'Rnn') or positive else 'additionally'}({name}{sign}0)")
        return self.names[t]

    def to(self, t: Term) -> str:
        """The text of a term."""
        if t.op == "num":
            return f"({t.data})"
        if t.op == "const":
            table = {"pi": "%pi", "e": "%e", "i": "%i", "inf": "inf"} if self.maxima else {"pi": "pi", "e": "e", "i": "i", "inf": "inf"}
            return table[str(t.data)]
        if t.op == "sym":
            return self.symbol(t)
        if t.op in ("add", "mul"):
            return "(" + ("+" if t.op == "add" else "*").join(self.to(a) for a in t.args) + ")"
        if t.op == "neg":
            return f"(-{self.to(t.args[0])})"
        if t.op in ("div", "pow"):
            return f"({self.to(t.args[0])}{'/' if t.op == 'div' else '^'}{self.to(t.args[1])})"
        if t.op == "oddroot":
            u = self.to(t.args[0])
            return f"({'signum' if self.maxima else 'sign'}({u})*abs({u})^(1/{t.data}))"
        if t.op == "fn":
            name = (MAXIMA if self.maxima else GIAC).get(str(t.data), str(t.data))
            return f"{name}({','.join(self.to(a) for a in t.args)})"
        (x,), body = open_binder(t)
        v, inner = self.symbol(x), self.to(body)
        if t.op == "deriv":
            found = f"diff({inner},{v},{t.data})" if self.maxima else f"diff({inner},{v}${t.data})"
            return f"subst({v}={self.to(t.args[0])},{found})" if self.maxima else f"subst({found},{v}={self.to(t.args[0])})"
        low = self.to(t.args[0])
        if t.op == "lim":
            side = {"+": ",plus", "-": ",minus"} if self.maxima else {"+": ",1", "-": ",-1"}
            return f"limit({inner},{v},{low}{side.get(str(t.data), '')})"
        name = {"int": "integrate", "sum": "sum", "prod": "product"}[t.op]
        return f"{name}({inner},{v},{low},{self.to(t.args[1])})"


class TextEngine:
    """A program with a prompt."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.process: subprocess.Popen[bytes] | None = None
        self.asked = 0

    def start(self) -> None:
        """Start the program and wait until it answers."""
        command = ["maxima", "--very-quiet"] if self.language == "maxima" else ["giac"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.language == "maxima":
            self.ask('(display2d:false, load("noninteractive"), simpsum:true, 0)', 60)
        else:
            self.ask("0", 60)

    def end(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, expression: str, limit: float) -> str | None:
        """What is printed for an expression; None where no answer comes in time."""
        if self.process is None:
            self.start()
        assert self.process is not None and self.process.stdin is not None and self.process.stdout is not None
        self.asked += 1
        mark = f"{self.asked}77777{self.asked}"
        line = f"{expression}; {mark};\n" if self.language == "maxima" else f"{expression}\n{mark}\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            self.end()
            return None
        out, end = b"", time.monotonic() + limit
        pattern = re.compile(rb"^\s*(?:\d+>>\s*)?" + mark.encode() + rb"\s*$", re.M)
        while True:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            chunk = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
            if not chunk:
                self.end()
                return None
            out += chunk
            if self.language == "maxima":
                found = pattern.search(out)
                if found:
                    return out[: found.start()].decode(errors="replace")
            elif out.count(mark.encode()) >= 2:
                # giac repeats what it is asked
                return out.decode(errors="replace")

    def accepts(self, step: StepSource, limit: float) -> tuple[bool, float]:
        """Whether the sides are called equal, and the seconds that took."""
        if self.process is None:
            self.start()
        assert step.statement is not None
        writer = Writer(step.context, self.language, f"q{self.asked}" if self.language == "maxima" else f"w{self.asked}")
        left, right = (writer.to(side) for side in step.statement.args[:2])
        gap = f"({left})-({right})"
        start = time.perf_counter()
        if self.language == "maxima":
            given = "".join(f"{a}, " for a in writer.assumptions)
            text = f"({given}block([d:{gap}], is(trigsimp(d)=0 or radcan(d)=0 or fullratsimp(d)=0)))"
            answer = self.ask(text, limit)
            accepted = answer is not None and answer.split()[-1:] == ["true"]
        else:
            for a in writer.assumptions:
                self.ask(a, limit)
            answer = self.ask(f"simplify({gap})", limit)
            lines = [line.strip() for line in (answer or "").splitlines()]
            accepted = "0" in lines or "0.0" in lines
        return accepted, time.perf_counter() - start


def installed() -> list[str]:
    """Which of the two there are."""
    return [name for name in ("maxima", "giac") if shutil.which(name)]
