"""Terms as text: brackets where they are needed, names that capture nothing, and the way back through the reader."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.language.elaborate import elaborate_statement
from derivcheck.terms import build as b
from derivcheck.terms.printer import show, to_latex
from derivcheck.terms.sorts import NUM, dist, fam, fun, mat, vec
from derivcheck.terms.term import Term, fresh, mk, num, open_binder, sym

x, y, n, k, d = (sym(s) for s in "xynkd")
f = sym("f", fun(NUM, NUM))
xs = sym("x", fam(1, NUM))
A = sym("A", mat(n, n))
v, w = sym("v", vec(n)), sym("w", vec(n))
p, q = sym("p", dist(NUM)), sym("q", dist(NUM))


@pytest.mark.parametrize(
    ("term", "latex"),
    [
        (b.add(x, b.neg(y), num(1)), "x - y + 1"),
        (b.add(x, b.neg(b.add(y, num(1)))), "x - (y + 1)"),
        (b.add(b.add(x, y), num(1)), "(x + y) + 1"),
        (b.neg(b.neg(x)), "-(-x)"),
        (b.mul(num(2), x, b.add(y, num(1))), "2 x \\cdot (y + 1)"),
        (b.mul(b.neg(x), y), "(-x) y"),
        (b.mul(x, num(2)), "x \\cdot 2"),
        (b.mul(x, b.mul(x, y)), "x \\cdot (x y)"),
        (b.mul(d, x), "d \\cdot x"),
        (b.div(d, b.mul(d, x)), "\\frac{d}{d \\cdot x}"),
        (b.pow_(b.pow_(x, 2), y), "(x^{2})^{y}"),
        (b.pow_(b.neg(x), 2), "(-x)^{2}"),
        (b.pow_(sym("x'"), 2), "(x')^{2}"),
        (b.pow_(sym("q^{(t)}"), 2), "(q^{(t)})^{2}"),
        (b.sqrt(b.add(x, y)), "\\sqrt{x + y}"),
        (mk("oddroot", (x,), 3), "\\sqrt[3]{x}"),
        (b.exp(b.neg(x)), "e^{-x}"),
        (b.mul(b.exp(x), sym("e")), "\\exp(x) e"),
        (b.fn("factorial", b.add(n, num(1))), "(n + 1)!"),
        (b.pow_(b.fn("factorial", n), 2), "(n!)^{2}"),
        (b.fn("abs", b.neg(x)), "\\left|-x\\right|"),
        (b.fn("max", x, num(0)), "\\max(x, 0)"),
        (b.log(b.div(x, y)), "\\log\\left(\\frac{x}{y}\\right)"),
        (b.apply(b.dfun(f, (2,)), x), "f''(x)"),
        (b.apply(b.dfun(f, (5,)), x), "f^{(5)}(x)"),
        (b.apply(mk("invfun", (f,), None, f.sort), x), "f^{-1}(x)"),
        (b.deriv(x, b.mul(x, y)), "\\frac{d}{d x} x y"),
        (b.deriv(x, b.pow_(x, 2), num(0), 2), "\\left. \\frac{d^{2}}{d x^{2}} x^{2} \\right|_{x = 0}"),
        (b.deriv(x, b.mul(x, y), y), "\\left. \\frac{d}{d x} x y \\right|_{x = y}"),
        (b.mul(b.deriv(x, x), y), "\\left(\\frac{d}{d x} x\\right) y"),
        (b.mul(b.sum_(k, b.ONE, n, b.mul(k, sym("\\zeta"))), x), "\\left(\\sum_{k = 1}^{n} k \\zeta\\right) x"),
        (b.mul(x, b.sum_(k, b.ONE, n, b.add(k, x))), "x \\sum_{k = 1}^{n} (k + x)"),
        (b.big("int", x, b.neg(b.INF), b.INF, b.exp(x)), "\\int_{-\\infty}^{\\infty} e^{x} \\, dx"),
        (b.big("int", x, b.ZERO, d, b.mul(d, x)), "\\int_{0}^{d} d \\cdot x \\, \\mathrm{d}x"),
        (b.lim(x, b.ZERO, b.div(x, y), "+"), "\\lim_{x \\to 0^{+}} \\frac{x}{y}"),
        (b.over("argmax", (x,), (b.REALS,), b.neg(x)), "\\operatorname*{argmax}_{x} (-x)"),
        (b.smul(b.mul(x, y), b.matmul(A, v)), "x y A v"),
        (b.matmul(b.transpose(v), b.inv(A), b.add(v, w)), "v^\\top A^{-1} (v + w)"),
        (b.mul(num(2), b.tonum(b.matmul(b.transpose(v), w))), "2 v^\\top w"),
        (b.eq(x, y), "x = y"),
        (b.and_(b.or_(b.eq(x, y), b.rel(x, "≠", b.ZERO)), b.rel(y, "≤", b.ONE)), "(x = y \\lor x \\ne 0) \\land y \\le 1"),
        (b.implies(b.eq(x, y), b.iff(b.eq(y, x), b.TRUE)), "x = y \\implies (y = x \\iff \\text{true})"),
        (b.over("forall", (x,), (b.interval(b.ZERO, b.INF, "()"),), b.rel(x, ">", b.ZERO)), "\\forall x \\in (0, \\infty) : x > 0"),
        (b.cases(b.rel(x, ">", b.ZERO), x, b.neg(x)), "\\begin{cases} x & x > 0 \\\\ -x & \\text{otherwise} \\end{cases}"),
        (mk("pdf", (b.distribution("N", x, y), n)), "\\mathcal{N}(n; x, y)"),
        (mk("KL", (p, q)), "\\operatorname{KL}(p \\| q)"),
        (num(Fraction(1, 8)), "0.125"),
        (num(Fraction(-1, 3)), "-\\frac{1}{3}"),
    ],
)
def test_latex(term: Term, latex: str) -> None:
    assert to_latex(term) == latex


def test_binders_capture_nothing() -> None:
    outer = fresh("n")
    inner = b.sum_(outer, b.ONE, n, b.mul(outer, n))
    assert to_latex(inner) == "\\sum_{i = 1}^{n} i n"
    again = b.sum_(k, b.ONE, n, b.sum_(fresh("k"), b.ONE, k, k))
    assert to_latex(again) == "\\sum_{k = 1}^{n} \\sum_{i = 1}^{k} k"
    i = sym("i")
    assert to_latex(b.sum_(i, b.ONE, n, b.mul(i, b.I_CONST))) == "\\sum_{j = 1}^{n} j i"


def test_fresh_symbols_of_one_name_are_told_apart() -> None:
    one, two = fresh("x"), fresh("x")
    assert to_latex(b.add(x, one, two)) == "x + x' + x''"


def test_opened_binders_print() -> None:
    (symbol,), body = open_binder(b.sum_(k, b.ONE, n, b.mul(k, x)))
    assert to_latex(b.add(symbol, body)) == "k + k x"


def test_densities_without_argument() -> None:
    u = fresh("x")
    mixture = b.lam((u,), (b.REALS,), b.div(b.add(mk("pdf", (p, u)), mk("pdf", (q, u))), num(2)), density=True)
    assert to_latex(mk("KL", (p, mixture))) == "\\operatorname{KL}\\left(p \\| \\frac{p + q}{2}\\right)"


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (num(Fraction(-1, 2)), "-1/2"),
        (b.rel(x, "≠", b.ZERO), "x \\ne 0"),
        (b.rel(b.div(x, y), ">", b.ZERO), "x/y > 0"),
        (b.sqrt(num(2)), "\\sqrt{2}"),
        (b.pow_(num(Fraction(1, 2)), n), "(1/2)^{n}"),
        (mk("bmat", (num(1), num(2)), (2, 1), vec(num(2))), "(1, 2)"),
        (mk("bmat", (num(1), num(2), num(3), num(4)), (2, 2), mat(num(2), num(2))), "((1, 2), (3, 4))"),
    ],
)
def test_show(term: Term, text: str) -> None:
    assert show(term) == text


def test_depth_and_size_have_no_bad_end() -> None:
    deep = x
    for _ in range(20_000):
        deep = b.fn("sin", b.add(deep, b.ONE))
    assert to_latex(deep)
    wide = x
    for _ in range(200):
        wide = b.add(wide, b.mul(wide, wide))
    assert "\\dots" in to_latex(wide) and len(to_latex(wide)) < 1_000_000


def test_every_op_has_a_writing() -> None:
    from derivcheck.terms.printer import Printer
    from derivcheck.terms.printer_forms import FORMS

    ops = (
        "add neg mul div pow oddroot fn apply dfun invfun lam idx sum prod sumset prodset int intset antideriv lim deriv grad jac hess argmax "
        "argmin maxover minover supover infover setof forall exists cases ind matmul smul transpose inv mpow hadamard kron trace det norm "
        "inner diag diagof vecop entry ventry row col eye ones zeros unit bmat emap mlam tonum vsoftmax sigmax rank rel and or not implies "
        "iff true false perp sim psd pd isconvex isconcave constin set rn rmn interval finset range union inter setminus product funset prob "
        "E Var Cov Pr entropyrv Eover Varover Covover pdf dist marg KL JSD entropy crossent MI law bigO anyconst tuple opaque"
    ).split()
    assert not [op for op in ops if not hasattr(Printer, f"_op_{op}") and op not in FORMS]


# --- the way back ---------------------------------------------------------------------------------------------------------

LET = ["x, y, d \\in \\R", "n \\in \\N", "f : \\R \\to \\R", "x_k \\in \\R for k = 1, \\dots, n"]

_leaves = st.sampled_from([x, y, d, n, num(2), num(0), num(Fraction(5, 4)), b.PI, b.E_CONST])


def _grow(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    several = st.lists(inner, min_size=2, max_size=3)
    j = sym("j")
    return st.one_of(
        several.map(lambda ts: b.add(*ts)),
        several.map(lambda ts: b.mul(*ts)),
        inner.map(b.neg),
        st.tuples(inner, inner).map(lambda t: b.div(*t)),
        st.tuples(inner, inner).filter(lambda t: t[0] is not b.E_CONST).map(lambda t: b.pow_(*t)),
        st.sampled_from(["sin", "log", "exp", "abs", "gamma", "floor", "erf", "arctan", "factorial"]).flatmap(lambda g: inner.map(lambda t: b.fn(g, t))),
        st.tuples(inner, inner).map(lambda t: b.fn("max", *t)),
        inner.map(lambda t: b.apply(f, t)),
        inner.map(lambda t: b.apply(b.dfun(f, (1,)), t)),
        inner.map(b.sqrt),
        inner.map(lambda t: b.sum_(j, b.ONE, n, b.mul(t, j))),
        inner.map(lambda t: b.big("int", j, b.ZERO, b.ONE, b.mul(t, j))),
        inner.map(lambda t: b.deriv(x, t)),
        st.tuples(inner, inner).map(lambda t: b.cases(b.rel(t[0], ">", b.ZERO), t[1], b.ZERO)),
    )


@settings(max_examples=120, deadline=None)
@given(st.recursive(_leaves, _grow, max_leaves=10))
def test_printed_terms_are_read_back(term: Term) -> None:
    latex = to_latex(term)
    document = elaborate_statement(f"{latex} = 0", let=LET)
    assert not [g for g in document.diagnostics if g.severity == "error"], (latex, document.diagnostics)
    (step,) = document.derivations[0].parts[0].chains[0].steps
    assert step.lhs is term, (latex, step.lhs)
