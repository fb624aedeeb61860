r"""How `printer.py` writes matrices, statements, sets and probability.

Each entry of `FORMS` is a generator like the methods of `Printer`: it yields the operands that it wants written and returns text and level.
"""

from __future__ import annotations

from collections.abc import Generator

from derivcheck.terms.build import ONE
from derivcheck.terms.printer import (
    ATOM,
    FACTOR,
    FORMS,
    FUNCTION_TEXT,
    POWER,
    PRODUCT,
    RELATION,
    RELATION_TEXT,
    STATEMENT,
    SUM,
    Env,
    Form,
    Printer,
    Writing,
    at_least,
    bracket,
    form,
    juxtapose,
)
from derivcheck.terms.term import Term

_SETS = {"R": "\\mathbb{R}", "Rpos": "\\mathbb{R}_{>0}", "Rnn": "\\mathbb{R}_{\\ge 0}", "Rneg": "\\mathbb{R}_{<0}", "N": "\\mathbb{N}",
         "Npos": "\\mathbb{N}_{>0}", "Z": "\\mathbb{Z}", "Q": "\\mathbb{Q}", "C": "\\mathbb{C}", "empty": "\\emptyset"}  # fmt: skip
_LAWS = {"N": "\\mathcal{N}", **{n: f"\\mathrm{{{n}}}" for n in "Po Ga Beta Bern Bin NB Cat Exp U Laplace Dir LogN Geom InvGa t".split()}}


def _all(terms: tuple[Term, ...], env: Env | None = None) -> Writing:
    """The texts of several operands, joined with commas."""
    out = []
    for a in terms:
        out.append((yield a if env is None else (a, env))[0])
    return ", ".join(out), STATEMENT


# --- matrices -----------------------------------------------------------------------------------------------------------------


@form("matmul")
def _matmul(p: Printer, t: Term, env: Env) -> Writing:
    out = []
    for k, a in enumerate(t.args):
        piece = yield a
        out.append(p.factor(piece, a, k == len(t.args) - 1))
    return " ".join(out), PRODUCT


@form("smul")
def _smul(p: Printer, t: Term, env: Env) -> Writing:
    s, m = t.args
    pieces = []
    for a in (*s.args, m) if s.op == "mul" else (s, m):
        inner = a.args[0] if a.op == "tonum" and a.args[0].op == "matmul" and a is not m else a
        piece = yield inner
        text = piece[0] if a is m and a.op == "matmul" else p.factor(piece, a, a is m)
        pieces.append((text, a))
    return juxtapose(pieces), PRODUCT


@form("transpose")
def _transpose(p: Printer, t: Term, env: Env) -> Writing:
    return at_least((yield t.args[0]), ATOM) + "^\\top", POWER


@form("inv")
def _inv(p: Printer, t: Term, env: Env) -> Writing:
    return at_least((yield t.args[0]), ATOM) + "^{-1}", POWER


@form("mpow")
def _mpow(p: Printer, t: Term, env: Env) -> Writing:
    base = at_least((yield t.args[0]), ATOM)
    return f"{base}^{{{(yield t.args[1])[0]}}}", POWER


def _infix(sign: str) -> Form:
    def write(p: Printer, t: Term, env: Env) -> Writing:
        out = []
        for a in t.args:
            out.append(at_least((yield a), FACTOR))
        return f" {sign} ".join(out), PRODUCT - 1

    return write


FORMS["hadamard"] = _infix("\\odot")
FORMS["kron"] = _infix("\\otimes")


def _named(text: str, level: int = ATOM) -> Form:
    def write(p: Printer, t: Term, env: Env) -> Writing:
        inside = yield from _all(t.args)
        return text + bracket(inside[0]), level

    return write


for _op, _text in {
    "trace": "\\operatorname{tr}", "det": "\\det", "diag": "\\operatorname{diag}", "diagof": "\\operatorname{diag}", "vecop": "\\operatorname{vec}",
    "vsoftmax": "\\operatorname{softmax}", "rank": "\\operatorname{rank}", "bigO": "O", "law": "\\operatorname{law}", "prob": "\\mathcal{P}",
    "entropy": "H", "JSD": "\\operatorname{JSD}",
}.items():  # fmt: skip
    FORMS[_op] = _named(_text)


@form("norm", "sigmax")
def _norm(p: Printer, t: Term, env: Env) -> Writing:
    kind = "2" if t.op == "sigmax" else str(t.data)
    text = f"\\left\\|{(yield t.args[0])[0]}\\right\\|"
    if kind == "2" and t.op == "norm" and t.args[0].sort.is_vector:
        return text, ATOM
    return f"{text}_{{{ {'inf': chr(92) + 'infty'}.get(kind, kind) }}}".replace("{ ", "{").replace(" }", "}"), ATOM


@form("inner")
def _inner(p: Printer, t: Term, env: Env) -> Writing:
    return f"\\langle {(yield from _all(t.args))[0]} \\rangle", ATOM


@form("entry", "ventry")
def _entry(p: Printer, t: Term, env: Env) -> Writing:
    head = yield t.args[0]
    plain = t.args[0].op in ("sym", "bvar") and "_" not in head[0] and head[1] >= ATOM
    indices = []
    for a in t.args[1:]:
        indices.append((yield a)[0])
    return f"{head[0] if plain else bracket(head[0])}_{{{','.join(indices)}}}", ATOM if plain else POWER


@form("row")
def _row(p: Printer, t: Term, env: Env) -> Writing:
    head = at_least((yield t.args[0]), ATOM)
    return f"{head}_{{{(yield t.args[1])[0]},:}}", POWER


@form("col")
def _col(p: Printer, t: Term, env: Env) -> Writing:
    head = at_least((yield t.args[0]), ATOM)
    return f"{head}_{{:,{(yield t.args[1])[0]}}}", POWER


@form("eye")
def _eye(p: Printer, t: Term, env: Env) -> Writing:
    return f"I_{{{(yield t.args[0])[0]}}}", ATOM


@form("ones", "zeros")
def _constant(p: Printer, t: Term, env: Env) -> Writing:
    text = "\\mathbf{1}" if t.op == "ones" else "\\mathbf{0}"
    rows = yield t.args[0]
    if t.sort.is_vector or t.args[1] is ONE:
        return f"{text}_{{{rows[0]}}}", ATOM
    return f"{text}_{{{rows[0]} \\times {(yield t.args[1])[0]}}}", ATOM


@form("unit")
def _unit(p: Printer, t: Term, env: Env) -> Writing:
    return f"e_{{{(yield t.args[1])[0]}}}", ATOM


@form("bmat")
def _bmat(p: Printer, t: Term, env: Env) -> Writing:
    shape: tuple[int, int] = t.data
    rows, cols = shape
    cells = []
    for a in t.args:
        cells.append((yield a)[0])
    lines = [" & ".join(cells[i * cols : (i + 1) * cols]) for i in range(rows)]
    if p.compact:
        shown = ["(" + ", ".join(cells[i * cols : (i + 1) * cols]) + ")" for i in range(rows)]
        return "(" + ", ".join(c.strip("()") if cols == 1 else c for c in shown) + ")", ATOM
    return "\\begin{bmatrix} " + " \\\\ ".join(lines) + " \\end{bmatrix}", ATOM


@form("emap")
def _emap(p: Printer, t: Term, env: Env) -> Writing:
    f, a = t.args
    inside = yield a
    if f.op == "lam" and f.args[-1].op == "fn" and f.args[-1].args == f.bound:
        return FUNCTION_TEXT.get(str(f.args[-1].data), f"\\operatorname{{{f.args[-1].data}}}") + bracket(inside[0]), ATOM
    if f.op == "lam" and len(f.bound) == 1 and _elementwise(f):
        return (yield f.args[-1], {**env, f.bound[0]: inside[0]})
    return f"{at_least((yield f), POWER)}{bracket(inside[0])}", ATOM


def _elementwise(f: Term) -> bool:
    """Whether a body is read entry by entry with a vector for its variable: a function of it and of numbers."""
    body, (x,) = f.args[-1], f.bound
    return body.op == "fn" and body.data != "exp" and sum(a is x for a in body.args) == 1 and all(a is x or a.op == "num" for a in body.args)


@form("mlam")
def _mlam(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    i, j = (inner[b] for b in t.bound)
    return f"{bracket((yield t.args[-1], inner)[0])}_{{{i},{j}}}", POWER


@form("tonum")
def _tonum(p: Printer, t: Term, env: Env) -> Writing:
    return (yield t.args[0])


@form("tuple")
def _tuple(p: Printer, t: Term, env: Env) -> Writing:
    return f"({(yield from _all(t.args))[0]})", ATOM


# --- statements -----------------------------------------------------------------------------------------------------------------


@form("rel")
def _rel(p: Printer, t: Term, env: Env) -> Writing:
    sign = RELATION_TEXT.get(str(t.data), str(t.data))
    if len(t.args) > 2:
        sign += f"_{{{(yield from _all(t.args[2:]))[0]}}}"
    left = at_least((yield t.args[0]), RELATION + 1)
    if t.data == "O":
        return f"{left} = O{bracket((yield t.args[1])[0])}", RELATION
    if t.data == "=" and t.args[0].op == "finset" and len(t.args[0].args) == 1 and t.args[1].op in ("argmax", "argmin"):
        left = (yield t.args[0].args[0])[0]
    return f"{left} {sign} {at_least((yield t.args[1]), RELATION + 1)}", RELATION


def _joined(sign: str, own: tuple[str, ...]) -> Form:
    def write(p: Printer, t: Term, env: Env) -> Writing:
        out = []
        for a in t.args:
            piece = yield a
            out.append(piece[0] if piece[1] >= RELATION or a.op in own else bracket(piece[0]))
        return f" {sign} ".join(out), STATEMENT

    return write


FORMS["and"] = _joined("\\land", ("not",))
FORMS["or"] = _joined("\\lor", ("and", "not"))
FORMS["implies"] = _joined("\\implies", ("and", "or", "not"))
FORMS["iff"] = _joined("\\iff", ("and", "or", "not"))


@form("not")
def _not(p: Printer, t: Term, env: Env) -> Writing:
    return f"\\lnot {bracket((yield t.args[0])[0])}", STATEMENT


@form("true", "false")
def _truth(p: Printer, t: Term, env: Env) -> Writing:
    yield from ()
    return f"\\text{{{t.op}}}", RELATION


@form("forall", "exists")
def _quantified(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    parts = []
    for b, domain in zip(t.bound, t.args[:-1], strict=False):
        parts.append(f"{inner[b]} \\in {(yield domain)[0]}")
    return f"\\{t.op} {', '.join(parts)} : {(yield t.args[-1], inner)[0]}", STATEMENT


@form("perp")
def _perp(p: Printer, t: Term, env: Env) -> Writing:
    count = t.data if isinstance(t.data, int) else len(t.args)
    out = []
    for a in t.args[:count]:
        out.append((yield a)[0])
    text = " \\perp ".join(out)
    if t.args[count:]:
        text += f" \\mid {(yield from _all(t.args[count:]))[0]}"
    return text, RELATION


@form("sim")
def _sim(p: Printer, t: Term, env: Env) -> Writing:
    left = yield t.args[0]
    return f"{left[0]} \\sim {(yield t.args[1])[0]}", RELATION


@form("psd", "pd")
def _definite(p: Printer, t: Term, env: Env) -> Writing:
    return f"{at_least((yield t.args[0]), SUM)} {chr(92)}{'succeq' if t.op == 'psd' else 'succ'} 0", RELATION


@form("isconvex", "isconcave")
def _convex(p: Printer, t: Term, env: Env) -> Writing:
    return f"{at_least((yield t.args[0]), SUM)} \\text{{ {t.op[2:]}}}", RELATION


@form("constin")
def _constin(p: Printer, t: Term, env: Env) -> Writing:
    head = yield t.args[0]
    return f"{head[0]} \\text{{ constant in }} {(yield from _all(t.args[1:]))[0]}", RELATION


# --- sets ---------------------------------------------------------------------------------------------------------------------------


@form("set")
def _set(p: Printer, t: Term, env: Env) -> Writing:
    yield from ()
    text = _SETS.get(str(t.data), str(t.data))
    return text, ATOM if "_" not in text else POWER


@form("rn")
def _rn(p: Printer, t: Term, env: Env) -> Writing:
    return f"\\mathbb{{R}}^{{{(yield t.args[0])[0]}}}", POWER


@form("rmn")
def _rmn(p: Printer, t: Term, env: Env) -> Writing:
    rows = at_least((yield t.args[0]), PRODUCT)
    return f"\\mathbb{{R}}^{{{rows} \\times {at_least((yield t.args[1]), PRODUCT)}}}", POWER


@form("interval")
def _interval(p: Printer, t: Term, env: Env) -> Writing:
    kind = str(t.data)
    return bracket((yield from _all(t.args))[0], kind[0], kind[1]), ATOM


@form("finset")
def _finset(p: Printer, t: Term, env: Env) -> Writing:
    return bracket((yield from _all(t.args))[0], "\\{", "\\}"), ATOM


@form("range")
def _range(p: Printer, t: Term, env: Env) -> Writing:
    lo = yield t.args[0]
    return bracket(f"{lo[0]}, \\dots, {(yield t.args[1])[0]}", "\\{", "\\}"), ATOM


FORMS["union"] = _infix("\\cup")
FORMS["inter"] = _infix("\\cap")
FORMS["setminus"] = _infix("\\setminus")
FORMS["product"] = _infix("\\times")


@form("funset")
def _funset(p: Printer, t: Term, env: Env) -> Writing:
    out = []
    for a in t.args[:-1]:
        out.append(at_least((yield a), FACTOR))
    return f"{' {} '.format(chr(92) + 'times').join(out)} \\to {at_least((yield t.args[-1]), FACTOR)}", RELATION


@form("setof")
def _setof(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    domain = yield t.args[0]
    return bracket(f"{inner[t.bound[0]]} \\in {domain[0]} : {(yield t.args[-1], inner)[0]}", "\\{", "\\}"), ATOM


# --- probability ----------------------------------------------------------------------------------------------------------------------


def _conditioned(text: str, open_: str, close: str, heads: int) -> Form:
    def write(p: Printer, t: Term, env: Env) -> Writing:
        inside = (yield from _all(t.args[:heads]))[0]
        if t.args[heads:]:
            inside += f" \\mid {(yield from _all(t.args[heads:]))[0]}"
        return text + bracket(inside, open_, close), ATOM

    return write


FORMS["E"] = _conditioned("\\mathbb{E}", "[", "]", 1)
FORMS["Var"] = _conditioned("\\operatorname{Var}", "(", ")", 1)
FORMS["Cov"] = _conditioned("\\operatorname{Cov}", "(", ")", 2)
FORMS["Pr"] = _conditioned("\\Pr", "(", ")", 1)


@form("entropyrv", "MI")
def _information(p: Printer, t: Term, env: Env) -> Writing:
    k = t.data if isinstance(t.data, int) else len(t.args)
    inside = (yield from _all(t.args[:k]))[0]
    if t.args[k:]:
        inside += f" {';' if t.op == 'MI' else chr(92) + 'mid'} {(yield from _all(t.args[k:]))[0]}"
    return f"{'I' if t.op == 'MI' else 'H'}({inside})", ATOM


@form("Eover", "Varover", "Covover")
def _over(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    variables = ", ".join(inner[b] for b in t.bound)
    law = yield t.args[0]
    sign = {"Eover": "\\mathbb{E}", "Varover": "\\operatorname{Var}", "Covover": "\\operatorname{Cov}"}[t.op]
    if t.args[0].op == "lam" and t.args[0].args[-1].op == "pdf":
        law = yield t.args[0].args[-1], {**env, **{b: inner[v] for b, v in zip(t.args[0].bound, t.bound, strict=False)}}
        subscript = law[0]
    elif t.args[0].op == "marg":
        subscript = yield from _marginal(t.args[0], [inner[b] for b in t.bound])
    else:
        subscript = f"{variables} \\sim {at_least(law, FACTOR)}"
    bodies = []
    for a in t.args[1:]:
        bodies.append((yield a, inner)[0])
    open_, close = ("[", "]") if t.op == "Eover" else ("(", ")")
    return f"{sign}_{{{subscript}}}{bracket(', '.join(bodies), open_, close)}", ATOM


def _marginal(law: Term, values: list[str]) -> Generator[Term | tuple[Term, Env], tuple[str, int], str]:
    """`p(x)`, `p(x \\mid z)` of a joint density."""
    places: tuple[tuple[int, ...], tuple[int, ...]] = law.data
    n = len(places[0])
    bar = f" \\mid {', '.join(values[n:])}" if values[n:] else ""
    return f"{(yield law.args[0])[0]}({', '.join(values[:n])}{bar})"


@form("pdf")
def _pdf(p: Printer, t: Term, env: Env) -> Writing:
    law, at = t.args[0], t.args[1:]
    if at and all(env.get(a) == "" for a in at):  # a density written without its argument
        return (yield law)
    inside = (yield from _all(at))[0]
    if law.op == "dist":
        params = (yield from _all(law.args))[0]
        return f"{_LAWS.get(str(law.data), str(law.data))}{bracket(f'{inside}; {params}')}", ATOM
    values = []
    for a in at:
        values.append((yield a)[0])
    if law.op == "marg":
        return (yield from _marginal(law, values)), ATOM
    head = yield law
    over = law.sort.result
    n = len(over.params) if over.kind == "tuple" else 1
    if n < len(values):  # a conditional density: the values that it is conditional on come last
        inside = f"{', '.join(values[:n])} \\mid {', '.join(values[n:])}"
    return f"{at_least(head, POWER)}{bracket(inside)}", ATOM


@form("dist")
def _dist(p: Printer, t: Term, env: Env) -> Writing:
    return f"{_LAWS.get(str(t.data), str(t.data))}{bracket((yield from _all(t.args))[0])}", ATOM


@form("marg")
def _marg(p: Printer, t: Term, env: Env) -> Writing:
    places: tuple[tuple[int, ...], tuple[int, ...]] = t.data
    before, after = places
    head = yield t.args[0]
    bar = f" \\mid {', '.join('·' for _ in after)}" if after else ""
    return f"{head[0]}({', '.join('·' for _ in before)}{bar})", ATOM


@form("KL", "crossent")
def _kl(p: Printer, t: Term, env: Env) -> Writing:
    named = next((a for a in t.args if a.op == "lam"), None)
    names = list(p.choose(named, env).values())[-len(named.bound) :] if named is not None else ["x"]
    texts = []
    for a in t.args:
        texts.append((yield from _marginal(a, _variables(p, a) or names)) if a.op == "marg" else at_least((yield a), PRODUCT))
    sign = " \\| " if t.op == "KL" else ", "
    return ("\\operatorname{KL}" if t.op == "KL" else "H") + bracket(sign.join(texts)), ATOM


def _variables(p: Printer, law: Term) -> list[str]:
    """The declared variables of a marginal, before and after its bar, where the context tells them."""
    declaration = p.context.declarations.get(law.args[0]) if p.context is not None else None
    if declaration is None:
        return []
    names = [p.name(s, {})[0] for s in (*declaration.joint, *declaration.joint_given)]
    places: tuple[tuple[int, ...], tuple[int, ...]] = law.data
    return [names[k] for part in places for k in part if k < len(names)]


# --- other ------------------------------------------------------------------------------------------------------------------------------


@form("anyconst")
def _anyconst(p: Printer, t: Term, env: Env) -> Writing:
    yield from ()
    return "\\text{const}", ATOM


@form("opaque")
def _opaque(p: Printer, t: Term, env: Env) -> Writing:
    inside = (yield from _all(t.args))[0]
    return f"\\operatorname{{{str(t.data).replace('{', '').replace('}', '')}}}({inside})", ATOM

