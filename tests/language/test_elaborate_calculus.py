"""Derivatives, sums over declared ranges, probability, vectors and matrices."""

from __future__ import annotations

import pytest

from tests.language.elaboration import codes, written

MATRICES = "let m, n, d \\in \\N_{>0}\nlet A, B \\in \\R^{n \\times n}\nlet X \\in \\R^{m \\times n}\nlet x, y \\in \\R^n\nlet s, t \\in \\R\n\n"
CHANCE = "let X, Y random\nlet a \\in \\R\nlet p, q \\in \\mathcal{P}(\\R)\nlet f : \\R \\to \\R\n\n"


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"x^\top y = s", "rel[=](tonum(matmul(transpose(x), y)), s)"),
        (r"x^\top A y = s", "rel[=](tonum(matmul(transpose(x), A, y)), s)"),
        (r"x^\top y A = B", "rel[=](smul(tonum(matmul(transpose(x), y)), A), B)"),
        (r"A x^\top y = B", "rel[=](smul(tonum(matmul(transpose(x), y)), A), B)"),
        (r"x y^\top = A", "rel[=](matmul(x, transpose(y)), A)"),
        (r"2 s A x = 0", "rel[=](smul(mul(2, s), matmul(A, x)), zeros(n, 1))"),
        (r"\frac{A}{s} = 0", "rel[=](smul(div(1, s), A), zeros(n, n))"),
        (r"A + s I = B", "rel[=](add(A, smul(s, eye(n))), B)"),
        (r"X \mathbf{1} = X I X^\top \mathbf 0", "rel[=](matmul(X, ones(n, 1)), matmul(X, eye(n), transpose(X), zeros(m, 1)))"),
        (r"A^{-1} A^{-\top} = A^{1/2}", "rel[=](matmul(inv(A), transpose(inv(A))), mpow(A, div(1, 2)))"),
        (r"|A| = \det A", "rel[=](det(A), det(A))"),
        (r"\|x\|_2^2 = \|x\|_1 + \|A\|_F", "rel[=](pow(norm[2](x), 2), add(norm[1](x), norm[F](A)))"),
        (r"\langle x, y \rangle = x \cdot y", "rel[=](inner(x, y), inner(x, y))"),
        (r"\operatorname{tr}(A B) = \operatorname{tr} B A", "rel[=](trace(matmul(A, B)), trace(matmul(B, A)))"),
        (r"\operatorname{diag}(x) = \operatorname{diag}(y) \odot A", "rel[=](diag(x), hadamard(diag(y), A))"),
        (r"A_{12} + x_1 = s", "rel[=](add(entry(A, 1, 2), ventry(x, 1)), s)"),
        (r"A e_1 = x", "rel[=](matmul(A, unit(n, 1)), x)"),
        (r"\sum_i x_i y_i = s", "rel[=](sumλ#1(1, n, mul(ventry(x, #1), ventry(y, #1))), s)"),
        (r"\exp(x) = y", "rel[=](emap(lamλ#1(set[R](), exp(#1)), x), y)"),
        (r"\max(0, x) = y", "rel[=](emap(lamλ#1(set[R](), max(0, #1)), x), y)"),
        (r"\operatorname{softmax}(x)_1 = s", "rel[=](ventry(vsoftmax(x), 1), s)"),
        (r"\begin{bmatrix} s & t \\ 0 & 1 \end{bmatrix} = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
         "rel[=](bmat[(2, 2)](s, t, 0, 1), bmat[(2, 2)](1, 0, 0, 1))"),
        (r"\begin{bmatrix} A & 0 \\ 0 & I \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix} = 0",
         "rel[=](matmul(bmat[(2, 2)](A, zeros(n, n), zeros(n, n), eye(n)), bmat[(2, 1)](x, y)), zeros(add(n, n), 1))"),
        (r"\nabla_x x^\top A x = y", "rel[=](gradλ#1(x, tonum(matmul(transpose(#1), A, #1))), y)"),
        (r"\frac{\partial A x}{\partial x} = A", "rel[=](jac[numerator]λ#1(x, matmul(A, #1)), A)"),
        (r"\frac{\partial}{\partial x_1} x^\top x = s", "rel[=](ventry(gradλ#1(x, tonum(matmul(transpose(#1), #1))), 1), s)"),
        (r"\nabla^2_x x^\top A x = A", "rel[=](hessλ#1(x, tonum(matmul(transpose(#1), A, #1))), A)"),
        (r"\nabla_A \log |A| = B", "rel[=](gradλ#1(A, log(det(#1))), B)"),
        (r"x = 0 \implies A \succeq 0", "implies(rel[=](x, zeros(n, 1)), psd(A))"),
        (r"\sigma_{\max}(A) = \|A\|_2", "rel[=](sigmax(A), norm[2](A))"),
    ],
)  # fmt: skip
def test_matrices(formula: str, term: str) -> None:
    assert written(MATRICES + formula) == [term]


@pytest.mark.parametrize(
    ("formula", "sizes"),
    [
        (r"A + x = 0", ("n×n", "n")),
        (r"x A = 0", ("vector of size n", "n×n")),
        (r"A X = 0", ("n×n", "m×n")),
        (r"A + 1 = 0", ("number", "n×n")),
        (r"x = X", ("vector of size n", "m×n")),
    ],
)
def test_size_errors_name_both(formula: str, sizes: tuple[str, str]) -> None:
    from tests.language.elaboration import document

    (error,) = [d for d in document(MATRICES + formula).diagnostics if d.severity == "error"]
    assert error.code == "D101" and all(s in error.message for s in sizes), error.message


def test_denominator_layout() -> None:
    head = "convention denominator-layout\nlet n \\in \\N_{>0}\nlet A \\in \\R^{n \\times n}\nlet x \\in \\R^n\n\n"
    assert written(head + "\\frac{\\partial A x}{\\partial x} = A^\\top") == ["rel[=](jac[denominator]λ#1(x, matmul(A, #1)), transpose(A))"]


def test_gradients_of_functions() -> None:
    head = "let n \\in \\N_{>0}\nlet x, v \\in \\R^n\nlet A \\in \\R^{n \\times n}\nlet f : \\R^n \\to \\R\n\n"
    assert written(head + "f(x) + \\nabla f(x)^\\top v = 0") == [
        "rel[=](add(apply(f, x), tonum(matmul(transpose(gradλ#1(x, apply(f, #1))), v))), 0)"
    ]
    assert written(head + "(\\nabla f)(A x) = 0") == ["rel[=](gradλ#1(matmul(A, x), apply(f, #1)), zeros(n, 1))"]
    assert written(head + "\\nabla_x f(A x) = 0") == ["rel[=](gradλ#1(x, apply(f, matmul(A, #1))), zeros(n, 1))"]
    assert written(head + "\\nabla_x \\log f(x)^\\top v = 0") == ["rel[=](tonum(matmul(transpose(gradλ#1(x, log(apply(f, #1)))), v)), 0)"]


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\E[X Y] = a", "rel[=](E[0](mul(X, Y)), a)"),
        (r"\E[X]^2 = a", "rel[=](pow(E[0](X), 2), a)"),
        (r"\E[X|Y] = \mathbb{E}[X \mid Y = a]", "rel[=](E[1](X, Y), E[1](X, rel[=](Y, a)))"),
        (r"\Pr(X \le a \mid Y = a) = P(X \le a, Y = a)", "rel[=](Pr[1](rel[≤](X, a), rel[=](Y, a)), Pr[0](and(rel[≤](X, a), rel[=](Y, a))))"),
        (r"\Var(X) = \Cov(X, X)", "rel[=](Var[0](X), Cov[0](X, X))"),
        (r"\E_{x \sim p}[f(x)] = \E_{p(x)}[f(x)]", "rel[=](Eoverλ#1(p, apply(f, #1)), Eoverλ#1(p, apply(f, #1)))"),
        (r"\E_p[\log\frac{p}{q}] = \KL(p \| q)", "rel[=](Eoverλ#1(p, log(div(pdf(p, #1), pdf(q, #1)))), KL(p, q))"),
        (r"\underset{p}{\mathbb{E}}[f] = E_{x \sim p}[f(x)]", "rel[=](Eoverλ#1(p, apply(f, #1)), Eoverλ#1(p, apply(f, #1)))"),
        (r"D_{\mathrm{KL}}(p||q) = \mathbb{KL}[p\|q]", "rel[=](KL(p, q), KL(p, q))"),
        (r"H(p, q) = H(p) + \KL(p\|q)", "rel[=](crossent(p, q), add(entropy(p), KL(p, q)))"),
        (r"I(X; Y) = H(X) - H(X \mid Y)", "rel[=](MI[1](X, Y), add(entropyrv[1](X), neg(entropyrv[1](X, Y))))"),
        (r"\mathcal{N}(a; 0, 1) = N(a \mid 0, 1)", "rel[=](pdf(dist[N](0, 1), a), pdf(dist[N](0, 1), a))"),
        (r"\int p(x) f(x) \, dx = a", "rel[=](intλ#1(neg(inf), inf, mul(pdf(p, #1), apply(f, #1))), a)"),
        (r"\mathrm{Ga}(a; 2, 3) = \mathrm{Bin}(a; 2, 3)", "rel[=](pdf(dist[Ga](2, 3), a), pdf(dist[Bin](2, 3), a))"),
        (r"\KL(\mathcal{N}(a, 1) \| \mathcal{N}(0, 1)) = a", "rel[=](KL(dist[N](a, 1), dist[N](0, 1)), a)"),
    ],
)
def test_probability(formula: str, term: str) -> None:
    assert written(CHANCE + formula) == [term]


def test_joint_densities() -> None:
    head = "let x, z \\in \\R\nlet p(x, z) density\nlet q(z \\mid x) density\n\n"
    assert written(head + "p(x) p(z \\mid x) = p(x, z)") == [
        "rel[=](mul(pdf(marg[((0,), ())](p), x), pdf(marg[((1,), (0,))](p), z, x)), pdf(p, x, z))"
    ]
    assert written(head + "\\E_{q(z \\mid x)}[\\log p(x, z)] = 0") == ["rel[=](Eoverλ#1(lamλ#1(set[R](), pdf(q, #1, x)), log(pdf(p, x, #1))), 0)"]


def test_defined_conditional_densities() -> None:
    head = "let x, z \\in \\R\ndefine p(z) = \\mathcal{N}(z; 0, 1)\ndefine p(x \\mid z) = \\mathcal{N}(x; z, 1)\n\n"
    assert written(head + "\\int p(z) p(x \\mid z) \\, dz = 0") == [
        "rel[=](intλ#1(neg(inf), inf, mul(pdf(dist[N](0, 1), #1), pdf(dist[N](#1, 1), x))), 0)"
    ]
    assert written(head + "\\KL(p(x \\mid z) \\| p(z)) = 0") == ["rel[=](KL(dist[N](z, 1), dist[N](0, 1)), 0)"]


def test_derivatives_by_members_of_families() -> None:
    head = "let N \\in \\N_{>0}\nlet x_n \\in \\R for n = 1, \\dots, N\nlet n \\in \\{1, \\dots, N\\}\n\n"
    assert written(head + "\\frac{\\partial}{\\partial x_n} \\sum_{k=1}^N x_k^2 = 2 x_n") == [
        "rel[=](deriv[1]λ#2(idx(x, n), sumλ#1(1, N, pow(cases(rel[=](#1, n), #2, idx(x, #1)), 2))), mul(2, idx(x, n)))"
    ]


def test_derivatives_by_defined_quantities_are_cut_there() -> None:
    head = "let x, w, y \\in \\R\ndefine z = w x\ndefine L = (z - y)^2\n\n"
    assert written(head + "\\frac{\\partial L}{\\partial z} = 0") == ["rel[=](deriv[1]λ#1(mul(w, x), pow(add(#1, neg(y)), 2)), 0)"]
    assert written(head + "\\frac{\\partial L}{\\partial w} = 0") == ["rel[=](deriv[1]λ#1(w, pow(add(mul(#1, x), neg(y)), 2)), 0)"]


def test_derivatives_by_parameters_are_those_of_the_slot() -> None:
    head = "let x \\in \\R\ndefine f_1(x) = e^x\ndefine f_2(f_1) = f_1^2\ndefine f_3(f_1, f_2) = f_1 + f_2\n\n"
    assert written(head + "\\frac{\\partial f_3}{\\partial f_1} = 1") == ["rel[=](deriv[1]λ#1(exp(x), add(#1, pow(exp(x), 2))), 1)"]
    assert written(head + "\\frac{\\partial f_3}{\\partial x} = 0") == ["rel[=](deriv[1]λ#1(x, add(exp(#1), pow(exp(#1), 2))), 0)"]


def test_implicit_differentiation() -> None:
    head = "let x \\in \\R\nlet y : \\R \\to \\R\n\n"
    assert written(head + "x^2 + y^2 = 1 \\implies 2x + 2y \\frac{dy}{dx} = 0") == [
        "implies(rel[=](add(pow(x, 2), pow(apply(y, x), 2)), 1), "
        "rel[=](add(mul(2, x), mul(2, apply(y, x), deriv[1]λ#1(x, apply(y, #1)))), 0))"
    ]


def test_ranges_of_sums() -> None:
    head = "let N \\in \\N_{>0}\nlet x_1, \\dots, x_N \\in \\R\nlet j \\in \\{1, \\dots, N\\}\n\n"
    everything = "sumλ#1(1, N, idx(x, #1))"
    assert written(head + "\\sum_n x_n = \\sum_{n=1}^N x_n") == [f"rel[=]({everything}, {everything})"]
    assert written(head + "\\sum_{k \\ne j} x_k = 0") == ["rel[=](sumλ#1(1, N, cases(rel[≠](#1, j), idx(x, #1), 0)), 0)"]
    double = "sumλ#2(1, N, sumλ#1(1, N, cases(rel[<](#2, #1), mul(idx(x, #2), idx(x, #1)), 0)))"
    assert written(head + "\\sum_{i<k} x_i x_k = \\sum_{1 \\le i < k \\le N} x_i x_k") == [f"rel[=]({double}, {double})"]
    assert written(head + "\\max(x_1, \\dots, x_N) = \\max_k x_k") == ["rel[=](maxoverλ#1(range(1, N), idx(x, #1)), maxoverλ#1(range(1, N), idx(x, #1)))"]
    assert codes(head + "\\sum_k k = 1") == ["D056"]
    assert codes(head + "x_0 = 1") == ["D107"]


def test_optima() -> None:
    head = "let w \\in \\R\nlet f : \\R \\to \\R\nvary w\n\n"
    assert written(head + "\\argmax f(w) = 2") == ["rel[=](argmaxλ#1(set[R](), apply(f, #1)), finset(2))"]
    assert written(head + "\\argmin_{w > 0} f(w) = \\arg\\min_{w \\in (0, \\infty)} f(w)") == [
        "rel[=](argminλ#1(set[Rpos](), apply(f, #1)), argminλ#1(set[Rpos](), apply(f, #1)))"
    ]
    assert written(head + "f(w) \\propto e^{f(w)}") == ["rel[∝](apply(f, w), exp(apply(f, w)), w)"]


def test_growth() -> None:
    assert written("let n \\in \\N\nas n \\to \\infty\n\nn^2 + n = O(n^2)") == ["rel[O](add(pow(n, 2), n), pow(n, 2))"]


def test_pointfree_notation_of_defined_densities() -> None:
    head = "let x, a, b \\in \\R\ndefine p(x) = \\mathcal{N}(x; a, 1)\ndefine q(x) = \\mathcal{N}(x; b, 1)\n\n"
    p, q = "dist[N](a, 1)", "dist[N](b, 1)"
    term = f"Eoverλ#1({p}, log(div(pdf({p}, #1), pdf({q}, #1))))"
    assert written(head + "\\E_p[\\log\\frac{p}{q}] = \\E_{x \\sim p}\\left[\\log\\frac{p(x)}{q(x)}\\right]") == [f"rel[=]({term}, {term})"]


def test_densities_with_a_parameter_in_the_subscript_depend_on_it() -> None:
    head = "let x, \\theta \\in \\R\nlet p_\\theta(x) density\n\n"
    assert written(head + "\\frac{d}{d\\theta} p_\\theta(x) = 0") == ["rel[=](deriv[1]λ#1(\\theta, pdf(p_{\\theta}, x, #1)), 0)"]


def test_mixed_derivatives_by_members_also_where_the_indices_agree() -> None:
    head = "let N \\in \\N_{>0}\nlet x_n \\in \\R for n = 1, \\dots, N\nlet i, j \\in \\{1, \\dots, N\\}\n\n"
    (got,) = written(head + "\\frac{\\partial^2}{\\partial x_i \\partial x_j} x_j^2 = 0")
    assert got == "rel[=](deriv[1]λ#2(idx(x, i), deriv[1]λ#1(cases(rel[=](j, i), #2, idx(x, j)), pow(#1, 2))), 0)"


def test_a_derivative_operator_with_its_evaluation_first() -> None:
    head = "let t \\in \\R\nlet A \\in \\R^{2 \\times 2}\n\n"
    assert written(head + "\\frac{d}{dt}\\Big|_{t=0} \\det(I + t A) = 0") == ["rel[=](deriv[1]λ#1(0, det(add(eye(2), smul(#1, A)))), 0)"]


def test_functions_without_argument() -> None:
    head = "let x \\in \\R\nlet f, g : \\R \\to \\R\n\n"
    assert written(head + "\\left(\\frac{f}{g}\\right)'(x) = \\frac{d}{dx} \\frac{f}{g}") == [
        "rel[=](deriv[1]λ#1(x, div(apply(f, #1), apply(g, #1))), deriv[1]λ#1(x, div(apply(f, #1), apply(g, #1))))"
    ]
    (taylor,) = written(head + "f(x) = \\sum_{k=0}^\\infty \\frac{f^{(k)}(0)}{k!} x^k")
    assert "nderiv" in taylor and "opaque" not in taylor
