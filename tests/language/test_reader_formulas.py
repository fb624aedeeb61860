"""One formula at a time: what the shallow tree looks like, and which formulas are refused, where and with what help."""

from __future__ import annotations

import pytest

from derivcheck.language.diagnostics import ReadError
from derivcheck.language.macros import MacroTable
from derivcheck.language.reader import read_formula, read_macros
from derivcheck.language.syntax import Leaf, Seq, Span
from tests.language.trees import text


def tree(latex: str, macros: MacroTable | None = None) -> str:
    return text(read_formula(latex, macros=macros))


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        # numbers and names
        (r"3 + 0.5", "3 + 0.5"),
        (r"1{,}000", "1000"),
        (r"10^{-3}", "S(10;;- 3)"),
        (r"cz", "c z"),
        (r"x_n x_{i,j} \theta_{10}", r"S(x;n;) S(x;i , j;) S(\theta;10;)"),
        (r"\mu_{\text{new}}", r"S(\mu;\mathrm{new};)"),
        (r"q^{(t)} x^* \mu'", r"S(q;;(t)) S(x;;*) S(\mu';;)"),
        (r"x'_1^2", "S(x';1;2)"),
        (r"f^{\prime\prime} f^\prime", "S(f'';;) S(f';;)"),
        (r"\hat x \bar{x} \tilde\beta \vec x \dot x \hat{x}_n", r"\hat{x} \bar{x} \tilde{\beta} \vec{x} \dot{x} S(\hat{x};n;)"),
        (r"\mathbf x \mathbf{x} \boldsymbol\theta \bm x", r"\mathbf{x} \mathbf{x} \mathbf{\theta} \mathbf{x}"),
        (r"\mathbf{x_n} {\bf x}_n", r"S(\mathbf{x};n;) S(\mathbf{x};n;)"),
        (r"\mathrm{Po} \operatorname{Po} \text{Po} \mathit{Po}", r"\mathrm{Po} \mathrm{Po} \mathrm{Po} \mathrm{Po}"),
        (r"\mathcal L \mathsf{A} \mathbb{1} \mathbf 0", r"\mathcal{L} \mathsf{A} \mathbb{1} \mathbf{0}"),
        (r"\mathbb{R} \R \mathbb E \E", r"\R \R !\E !\E"),
        (r"\operatorname{tr} \mathrm{KL} \text{log} \operatorname{erf}", r"!\tr !\KL !\log \mathrm{erf}"),
        # arguments of one token
        (r"\frac12", r"\frac<1|2>"),
        (r"\frac1{10}", r"\frac<1|10>"),
        (r"\frac\pi2x", r"\frac<\pi|2> x"),
        (r"\sqrt2x", r"\sqrt<2> x"),
        (r"\sqrt\frac12", r"\sqrt<\frac<1|2>>"),
        (r"\sqrt[3]{x+1}", r"\sqrt[3]<x + 1>"),
        (r"\binom n2", r"\binom<n|2>"),
        (r"x^2y", "S(x;;2) y"),
        (r"\exp(is) e^{is} 2or", "!\\exp (i s) S(e;;i s) 2 o r"),
        (r"x^\frac12", r"S(x;;\frac<1|2>)"),
        (r"\dfrac{a}{b} \tfrac ab", r"\frac<a|b> \frac<a|b>"),
        (r"{}_1F", "S(;1;) F"),
        (r"\R^+ \R_+", r"S(\R;;+) S(\R;+;)"),
        # brackets and bars
        (r"\left( x \right] \big( y \big)", "(x] (y)"),
        (r"[0, 1)", "[0 , 1)"),
        (r"|x| \|x\|_2 a || b", r"| x | \| x S(\|;2;) a || b"),
        (r"|x||y| \KL(p||q) ||x||", r"| x | | y | !\KL (p || q) || x ||"),
        (r"\left|x\right| \lvert x \rvert \left\|x\right\|", r"|x| |x| \|x\|"),
        (r"\left.\frac{df}{dx}\right|_{x=0}", r"S(.\frac<d f|d x>|;x ~= 0;)"),
        (r"\lfloor x \rfloor \langle x, y\rangle", r"\lfloorx\rfloor \langlex , y\rangle"),
        (r"\left\{a \middle| b\right\}", r"\{a | b\}"),
        (r"\left(a + \right. \\ & \left. b\right)", "(a + b)"),
        # decoration
        (r"\underbrace{x+y}_{=z} + \boxed{a} \displaystyle \color{red} b \, c \! d", "{x + y} + a b c d"),
        (r"\sum\limits_{i=1}^n", r"S(!\sum;i ~= 1;n)"),
        (r"\int f\,dx \mathrm{d}x", r"!\int f \, d x \mathrm{d} x"),
        (r"a, b.", "a , b"),
        # relations and operators
        (r"a \leq b \geqslant c \neq d \not= e", r"a ~\le b ~\ge c ~\ne d ~\ne e"),
        (r"a \stackrel{c}{=} b \overset{!}{=} c \overset{\text{def}}{=} d", r"a ~\doteq b ~= c ~:= d"),
        (r"a \stackrel{\cdot}{=} b \triangleq c \coloneqq d := e \equiv f", r"a ~\doteq b ~:= c ~:= d ~:= e ~= f"),
        (r"a \Longleftrightarrow b \Rightarrow c \Leftarrow d", r"a ~\iff b ~\implies c ~\impliedby d"),
        (r"X_n \overset{iid}{\sim} p", r"S(X;n;) ~\simiid p"),
        (r"f \propto_{w} g \doteq_w h", r"f S(~\propto;w;) g S(~\doteq;w;) h"),
        (r"\underset{p}{\mathbb{E}}[x] \underset{w}{\arg\max} f", r"S(!\E;p;) [x] S(!\argmax;w;) f"),
        (r"\arg\max_w \operatorname*{arg\,min}_w \mathop{\rm argmax}", r"S(!\argmax;w;) S(!\argmin;w;) !\argmax"),
        (r"x \ldots y \cdots", r"x \dots y \dots"),
        # environments
        (r"\begin{cases} x, & x > 0 \\ 0 & \text{otherwise}. \end{cases}", r"cases<x & x ~> 0 / 0 & #otherwise>"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}^\top", r"S(bmatrix<1 & 2 / 3 & 4>;;\top)"),
        (r"\left[\begin{array}{cc} 1 & 2 \end{array}\right]", "bmatrix<1 & 2>"),
        (r"\sum_{\substack{i < n \\ j \ne i}}", r"S(!\sum;i ~< n , j ~\ne i;)"),
        # transposes
        (r"A^{\mathsf T} A^{\rm T} A^\intercal A^T A^{-\top}", r"S(A;;\top) S(A;;\top) S(A;;\top) S(A;;T) S(A;;- \top)"),
        # text
        (r"\text{if } x \text{ and } y \text{ for all } z", r"#if x \land y \forall z"),
        (r"\text{if $x > 0$}", "#if x ~> 0"),
        # Unicode
        ("𝔼[X]² ≤ ½", r"!\E S([X];;2) ~\le \frac<1|2>"),
        ("∑ᵢ xᵢ → ∇ ∂ ∝ ⇔ ∈ ℝ", r"S(!\sum;i;) S(x;i;) ~\to !\nabla !\partial ~\propto ~\iff ~\in \R"),
        ("σ(x) x̂ ŷ 𝐱 √(x+1) √2", r"\sigma (x) \hat{x} \hat{y} \mathbf{x} \sqrt<(x + 1)> \sqrt<2>"),
        ("a·b×c−d x⁻¹ x¹⁰ Aᵀ", r"a \cdot b \times c - d S(x;;- 1) S(x;;10) S(A;;\top)"),
        # comments, dollars
        ("a % + b\n+ c", "a + c"),
        (r"$a b$ \[ c \]", "a b c"),
    ],
)
def test_tree(latex: str, expected: str) -> None:
    assert tree(latex) == expected


@pytest.mark.parametrize(
    ("latex", "code", "place", "help_has"),
    [
        ("x^10", "D005", "10", "x^{10}"),
        ("x_12", "D005", "12", "x_{12}"),
        (r"\sqrt10", "D005", "10", r"\sqrt{10}"),
        (r"\frac123", "D005", "123", "braces"),
        ("e^-x", "D005", "-x", "^{-x}"),
        ("(a + b", "D003", "(", "closing"),
        (r"\frac{a}{b", "D003", "{", "closing"),
        ("a + b)", "D004", ")", "opening"),
        ("a}", "D004", "}", "opening"),
        ("{(a}", "D003", "(", None),
        (r"\begin{cases} 1", "D003", r"\begin{cases}", r"\end{cases}"),
        (r"\begin{cases} 1 \end{bmatrix}", "D004", r"\end{bmatrix}", r"\end{cases}"),
        (r"\begin{case} 1 \end{case}", "D007", r"\begin{case}", "cases"),
        (r"\sgima x", "D007", r"\sgima", r"\sigma"),
        (r"\frac{a}", "D006", r"\frac", None),
        ("x^", "D006", "^", None),
        ("x^(2)", "D006", "(", "{"),
        ("x_1_2", "D011", None, "{i,j}"),
        ("x^a^b", "D011", None, "(x^a)^b"),
        ("2 3", "D013", "2 3", r"\cdot"),
        ("f(1,000)", "D013", "000", "{,}"),
        ("log(x)", "D012", "log", r"\log"),
        ("x = 1 or x = 2", "D012", "or", r"\text{or}"),
        ("A symetric", "D012", "symetric", "symmetric"),
        (r"(a \text{some prose here} b)", "D014", None, r"\by"),
        (r"\hat{x + y}", "D015", None, r"\overline"),
        (r"\mathbf{Xw}", "D016", None, r"\mathbf{X}\mathbf{w}"),
        ("a @ b", "D001", "@", None),
        ("a ж b", "D001", "ж", "macro"),
        (r"a \over b", "D007", r"\over", r"\frac"),
        (r"X \stackrel{d}{=} Y", "D015", None, r"\sim"),
    ],
)
def test_error(latex: str, code: str, place: str | None, help_has: str | None) -> None:
    with pytest.raises(ReadError) as caught:
        read_formula(latex)
    diagnostic = caught.value.diagnostic
    assert diagnostic.code == code
    if place is not None:
        assert latex[diagnostic.span.start : diagnostic.span.end] == place
    if help_has is not None:
        assert diagnostic.help is not None and help_has in diagnostic.help


def _macros(source: str) -> MacroTable:
    table, diagnostics = read_macros(source)
    assert not diagnostics
    return table


def test_user_macros() -> None:
    table = _macros(
        "\\newcommand{\\EE}[2][x]{\\mathbb{E}_{#1}\\left[#2\\right]}\n"
        "\\DeclareMathOperator*{\\amax}{arg\\,max}\n"
        "\\def\\half{\\frac12}\n"
        "\\newcommand\\why[1]{\\by{because of #1}}\n"
        "\\DeclarePairedDelimiter{\\nrm}{\\lVert}{\\rVert}\n"
        "\\renewcommand{\\half}{\\frac 1 2}\n"
    )
    assert tree(r"\EE{x^2} \EE[z]y", table) == r"S(!\E;x;) [S(x;;2)] S(!\E;z;) [y]"
    assert tree(r"\amax_w \half^2", table) == r"S(!\argmax;w;) S(\frac<1|2>;;2)"
    assert tree(r"x \why{a b}", table) == r"x \by<#because of a b>"
    assert tree(r"\nrm{x}", table) == r"\|x\|"


def test_macro_tokens_have_the_span_of_the_call() -> None:
    table = _macros(r"\def\half{\frac12}")
    latex = r"x + \half"
    last = read_formula(latex, macros=table).items[-1]
    assert latex[last.span.start : last.span.end] == r"\half"


@pytest.mark.parametrize("bomb", [r"\newcommand{\x}{\x}", r"\newcommand{\x}{\x\x}", r"\newcommand{\x}{a\x}"])
def test_macros_without_end(bomb: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_formula(r"1 + \x", macros=_macros(bomb))
    assert caught.value.diagnostic.code == "D009"
    assert caught.value.diagnostic.span == Span(4, 6)


def test_spans() -> None:
    latex = r"\frac{a}{b} + \sqrt{x_n} = [y)"
    seq = read_formula(latex)
    assert [latex[i.span.start : i.span.end] for i in seq.items] == [r"\frac{a}{b}", "+", r"\sqrt{x_n}", "=", "[y)"]
    moved = read_formula(latex, offset=100)
    assert [(i.span.start - 100, i.span.end - 100) for i in moved.items] == [(i.span.start, i.span.end) for i in seq.items]


def test_words_of_let() -> None:
    seq = read_formula(r"\Sigma \in \R^{d \times d} symmetric positive definite", words=True)
    assert text(seq) == r"\Sigma ~\in S(\R;;d \times d) #symmetric #positive #definite"
    assert text(read_formula(r"C constant in w", words=True)) == "C #constant #in w"


@pytest.mark.parametrize("depth", [1, 2000])
def test_nesting(depth: int) -> None:
    seq = read_formula("(" * depth + "x" + ")" * depth)
    for _ in range(depth):
        seq = seq.items[0].body  # type: ignore[union-attr]
    assert isinstance(seq, Seq) and isinstance(seq.items[0], Leaf)


def test_nesting_has_a_limit() -> None:
    with pytest.raises(ReadError) as caught:
        read_formula("(" * 3000 + "x" + ")" * 3000)
    assert caught.value.diagnostic.code == "D010"
