"""Vectors and diagonal matrices written by their entries: Σ_i f(v_i) e_i = f(v), Σ_i f(v_i) e_i e_i^T = diag(f(v)); softmax by its quotient.

Sources: definition of the entries; definition softmax(v)_i = e^{v_i}/Σ_k e^{v_k}.
"""

from __future__ import annotations

from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.matrix_facts import real_entries
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.rewrite import Rewriter, rule
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, fresh, mk, open_binder, substitute, subterms


def by_entries(inside: Term, n: Term, size: Term, rw: Rewriter) -> Term | None:
    """The vector with the entries `inside` for n = 1, …, size, where n stands only as the index of real vectors' entries.

    A factor may depend on one vector only: the vector is the elementwise product of what the factors give."""
    top, bottom = factors(inside)
    groups: dict[Term, tuple[list[Term], list[Term]]] = {}
    outside: tuple[list[Term], list[Term]] = ([], [])
    for number, side in enumerate((top, bottom)):
        for f in side:
            if n not in f.free:
                outside[number].append(f)
                continue
            v = _only_vector(f, n, size, rw)
            if v is None:
                return None
            groups.setdefault(v, ([], []))[number].append(f)
    parts: list[Term] = []
    for v, (above, below) in groups.items():
        u = fresh("u")
        body = substitute(product(above, below), {b.ventry(v, n): u})
        if n in body.free:
            return None
        parts.append(_elementwise(u, body, v))
    if not parts:
        return None
    out = parts[0]
    for p in parts[1:]:
        out = b.hadamard(out, p)
    scale = product(*outside)
    return out if scale is b.ONE else b.smul(scale, out)


def _only_vector(f: Term, n: Term, size: Term, rw: Rewriter) -> Term | None:
    found = {s.args[0] for s in subterms(f) if s.op == "ventry" and s.args[1] is n}
    if len(found) != 1:
        return None
    (v,) = found
    if n in v.free or v.sort.kind != "mat" or v.sort.rows is not size or any(s.op == "bvar" for s in v.free) or not real_entries(v, rw.oracle):
        return None
    return v


def _elementwise(u: Term, body: Term, v: Term) -> Term:
    if body is u:
        return v
    if body.op == "fn" and body.data == "exp":
        # e^{pu} entry by entry is the exponential of the vector p v
        slopes = [(c, m) for c, m in linear_terms(body.args[0])]
        if all(_times(m, u) is not None for _, m in slopes):
            p = b.add(*(b.mul(b.num_of(c), rest) for c, m in slopes if (rest := _times(m, u)) is not None))
            w = fresh("u")
            return b.emap(b.lam([w], [b.REALS], b.exp(w)), v if p is b.ONE else b.smul(p, v))
    return b.emap(b.lam([u], [b.REALS], body), v)


def _times(m: Term, u: Term) -> Term | None:
    """p of a monomial p u with p free of u."""
    top, bottom = factors(m)
    if top.count(u) != 1 or any(u in f.free for f in (*top, *bottom) if f is not u):
        return None
    rest = list(top)
    rest.remove(u)
    return product(rest, bottom)


@rule("softmax-quotient", "smul", statement="e^v / Σ_k e^{v_k} = softmax(v), also within a product and a diagonal matrix", source="definition of softmax")
def softmax_quotient(t: Term, rw: Rewriter) -> Term | None:
    c, a = t.args
    if c.op != "div" or rw.groups & {"matrix-entries", "matrix-entries-right"}:
        return None
    word = a.args if a.op == "matmul" else (a,)
    for i, f in enumerate(word):
        v = _exponential(f)
        if v is None:
            continue
        k = fresh("k")
        total = rw.nf(b.sum_(k, b.ONE, v.sort.rows, b.exp(b.ventry(v, k))))
        top, bottom = factors(c)
        for j, g in enumerate(bottom):
            base, e = (g.args[0], integer_value(g.args[1])) if g.op == "pow" else (g, 1)
            if base is total and e is not None and e >= 1:
                rest = [*bottom[:j], *bottom[j + 1 :], *([b.pow_(total, e - 1)] if e > 1 else [])]
                new = mk("vsoftmax", (v,), None, v.sort)
                inner = b.diag(new) if f.op == "diag" else b.transpose(new) if f.op == "transpose" else new
                return b.smul(product(list(top), rest), b.matmul(*word[:i], inner, *word[i + 1 :]))
    return None


def _exponential(f: Term) -> Term | None:
    """v where a factor is e^v, its transpose or diag(e^v), v a vector."""
    e = f.args[0] if f.op in ("diag", "transpose") else f
    if e.op != "emap" or e.sort.cols is not b.ONE or e.args[0].op != "lam":
        return None
    (u,), body = open_binder(e.args[0])
    return e.args[1] if body.op == "fn" and body.data == "exp" and body.args[0] is u else None
