"""Declarations, definitions, hypotheses, parts of proofs."""

from __future__ import annotations

import pytest

from derivcheck.terms.context import Declaration
from derivcheck.terms.term import name_of
from tests.language.elaboration import codes, document, only, warnings, written


def declarations(source: str) -> dict[str, Declaration]:
    """All declarations by name."""
    derivation = only(source + "\n\n1 = 1")
    context = derivation.parts[0].chains[0].steps[0].context
    return {name_of(s): d for s, d in context.declarations.items()}


@pytest.mark.parametrize(
    ("text", "name", "domain"),
    [
        (r"x, y \in \R", "y", "set[R]()"),
        (r"a, b > 0", "b", "set[Rpos]()"),
        (r"0 < \beta < 1", r"\beta", "interval[()](0, 1)"),
        (r"0 < a, b \le 1", "a", "interval[(]](0, 1)"),
        (r"-1 \le \rho \le 1", r"\rho", "interval[[]](neg(1), 1)"),
        (r"x \ge 0", "x", "set[Rnn]()"),
        (r"\eta < 0", r"\eta", "set[Rneg]()"),
        (r"x > 1", "x", "interval[()](1, inf)"),
        (r"x \ne 0", "x", "setminus(set[R](), finset(0))"),
        (r"n \in \N", "n", "set[N]()"),
        (r"n \in \N_{>0}", "n", "set[Npos]()"),
        (r"n \in \N_{\ge 1}", "n", "set[Npos]()"),
        (r"x \in \R_{>0}", "x", "set[Rpos]()"),
        (r"x \in \R_{+}", "x", "set[Rnn]()"),
        (r"x \in \R^+", "x", "set[Rnn]()"),
        (r"x \in (0, \infty)", "x", "set[Rpos]()"),
        (r"x \in [0, 1)", "x", "interval[[)](0, 1)"),
        (r"s \in \{0, 1\}", "s", "finset(0, 1)"),
        (r"k \in \{1, \dots, 5\}", "k", "range(1, 5)"),
        (r"z \in \C", "z", "set[C]()"),
        (r"d \in \N_{>0}, x \in \R^d", "x", "rn(d)"),
        (r"d, k \in \N_{>0}, A \in \R^{d \times k}", "A", "rmn(d, k)"),
        (r"u \in \R \setminus \{0\}", "u", "setminus(set[R](), finset(0))"),
        (r"f : \R \to \R_{>0}", "f", "set[Rpos]()"),
        (r"p \in \mathcal{P}(\R)", "p", "prob(set[R]())"),
        (r"x \in \R positive", "x", "set[Rpos]()"),
        (r"X \sim \mathrm{Po}(3)", "X", "set[N]()"),
        (r"x_n \in \R^2 for n = 1, \dots, 4", "x", "rn(2)"),
    ],
)
def test_domains(text: str, name: str, domain: str) -> None:
    assert str(declarations("let " + text)[name].domain) == domain


def test_families() -> None:
    got = declarations("let N, K \\in \\N_{>0}\nlet x_1, \\dots, x_N \\in \\R\nlet q_{kn} > 0 for k = 1, \\dots, K, n = 1, \\dots, N")
    assert [str(r) for r in got["x"].index_ranges] == ["range(1, N)"]
    assert [str(r) for r in got["q"].index_ranges] == ["range(1, K)", "range(1, N)"]
    assert str(got["q"].domain) == "set[Rpos]()"


def test_attributes() -> None:
    got = declarations("let d \\in \\N_{>0}\nlet \\Sigma \\in \\R^{d \\times d} symmetric positive definite, g : \\R^d \\to \\R convex, x \\in \\R")
    assert {"symmetric", "positive definite", "invertible"} <= got["\\Sigma"].attributes
    assert got["g"].attributes == {"convex"}
    assert "x" in got


def test_random_symbols() -> None:
    got = declarations(
        "let \\mu \\in \\R\nlet \\sigma > 0\nlet n \\in \\N_{>0}\nlet X_1, \\dots, X_n \\overset{iid}{\\sim} \\mathcal{N}(\\mu, \\sigma^2)\n"
        "let \\lambda > 0\nlet Y \\mid \\lambda \\sim \\mathrm{Po}(\\lambda)\nlet \\varepsilon_1, \\varepsilon_2 random independent\nlet C constant in \\mu"
    )
    assert got["X"].random and got["X"].iid and str(got["X"].law) == "dist[N](\\mu, pow(\\sigma, 2))"
    assert got["Y"].random and [name_of(s) for s in got["Y"].given] == ["\\lambda"]
    assert got["\\varepsilon_{1}"].random and got["\\varepsilon_{1}"].law is None
    assert [name_of(s) for s in got["C"].constant_in or ()] == ["\\mu"]


def test_independence() -> None:
    context = only("let X, Y, Z random\nassume X \\perp Y \\mid Z\n\n1 = 1").parts[0].chains[0].steps[0].context
    ((group, given),) = context.independent
    assert [name_of(s) for s in group] == ["X", "Y"] and [name_of(s) for s in given] == ["Z"]


def test_definitions_are_unfolded() -> None:
    head = "let x \\in \\R\ndefine f(u) = u^2 + 1\ndefine m = f(x)\ndefine g_k(u) = k u\n\n"
    assert written(head + "f(m) = g_3(x)") == ["rel[=](add(pow(add(pow(x, 2), 1), 2), 1), mul(3, x))"]


def test_definition_in_a_chain() -> None:
    assert written("let a \\in \\R\n\nm := a + 1 = 1 + a\n\nm = 2") == [
        "rel[=](add(a, 1), add(a, 1))",
        "rel[=](add(a, 1), add(1, a))",
        "rel[=](add(a, 1), 2)",
    ]


def test_operators_of_densities() -> None:
    head = "let p, q \\in \\mathcal{P}(\\R)\ndefine \\operatorname{M}(p, q) = \\KL(p \\| \\frac{p + q}{2})\n\n"
    assert written(head + "\\operatorname{M}(q, p) = 0") == ["rel[=](KL(q, lamλ#1(set[R](), div(add(pdf(q, #1), pdf(p, #1)), 2))), 0)"]


def test_scalar_definitions_act_on_vectors_by_entries() -> None:
    head = "let d \\in \\N_{>0}\nlet x \\in \\R^d\ndefine s(u) = \\frac{1}{1 + e^{-u}}\n\n"
    assert written(head + "s(x) = x") == ["rel[=](emap(lamλ#1(set[R](), div(1, add(1, exp(neg(#1))))), x), x)"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("let x", "D046"),
        ("let x = 5", "D046"),
        ("let x \\in \\R\nlet x \\in \\N", "D109"),
        ("define f(x)^2 = x", "D045"),
        ("define f(x, x) = x", "D045"),
        ("let f \\in \\R\ndefine f = 2", "D109"),
        ("define f(x) = f(x - 1)", "D054"),
        ("let A \\in \\R^{2 \\times 3} symmetric", "D101"),
        ("let x \\in \\R symmetric", "D102"),
        ("convention whatever", "D067"),
        ("vary 2", "D062"),
        ("let x, y \\in \\R\nassume x \\perp y", "D106"),
        ("let x \\in \\R\nshow x = x\nshow x = x", "D070"),
    ],
)
def test_wrong_declarations(text: str, code: str) -> None:
    assert code in codes(text + "\n\n1 = 1")


def test_undeclared_symbols_are_real_with_a_warning() -> None:
    (warning,) = document("x = x").diagnostics
    assert (warning.code, warning.span.start) == ("D301", 0)
    assert warnings("let x \\in \\R\n\nx = x") == []


def test_a_derivative_of_an_independent_symbol_is_noted() -> None:
    assert warnings("let x, y \\in \\R\n\n\\frac{dy}{dx} = 0") == ["D302"]


def test_doubling_definitions_are_stopped() -> None:
    text = "let x_0 \\in \\R\n" + "".join(f"define x_{{{i + 1}}} = x_{{{i}}} + x_{{{i}}}\n" for i in range(60)) + "\nx_{60} = 1"
    assert "D048" in codes(text)


def test_nested_brackets() -> None:
    assert written("let x \\in \\R\n\n" + "(" * 2000 + "x" + ")" * 2000 + " = x") == ["rel[=](x, x)"]


# --- files --------------------------------------------------------------------------------------------------------------


def test_derivations_share_what_stands_before_them() -> None:
    got = document("let x \\in \\R\nderivation one\nlet y > 0\nx = x\n\nderivation two\nx = x\n")
    assert [d.name for d in got.derivations] == ["one", "two"]
    first, second = (d.parts[0].chains[0].steps[0].context for d in got.derivations)
    assert {name_of(s) for s in first.declarations} == {"x", "y"}
    assert {name_of(s) for s in second.declarations} == {"x"}


def test_claims_and_parts() -> None:
    derivation = only(
        "let n \\in \\N\nlet T : \\N \\to \\R\nassume T(0) = 0 \\label{start}\nshow T(n) = 0\nproof\n"
        "case n = 0\nT(0) = 0 \\by{start}\n\ncase n \\to n+1\nT(n+1) = 0 \\label{end}\n"
    )
    assert str(derivation.claim) == "rel[=](apply(T, n), 0)"
    assert [p.kind for p in derivation.parts] == ["base", "successor"]
    base, successor = derivation.parts
    assert base.chains[0].steps[0].cites == ("start",)
    assert [h.kind for h in successor.context.hypotheses] == ["assume", "induction"]
    assert successor.chains[0].steps[0].label == "end"
    assert len(derivation.claim_context.hypotheses) == 1


def test_cases_and_suppositions() -> None:
    derivation = only("let x \\in \\R\nshow |x| \\ge 0\nproof\ncase x \\ge 0\n|x| = x\n\ncase x < 0\n|x| = -x\n")
    assert [(p.kind, str(p.condition)) for p in derivation.parts] == [("case", "rel[≥](x, 0)"), ("case", "rel[<](x, 0)")]
    assert all(len(p.context.hypotheses) == 1 for p in derivation.parts)
    (part,) = only("let x \\in \\R\nshow x^2 \\ge 0\nproof\nsuppose x^2 < 0\nx^2 < 0 \\implies \\text{false}\n").parts
    assert (part.kind, str(part.condition)) == ("suppose", "rel[<](pow(x, 2), 0)")


def test_lemmas_before_the_claim() -> None:
    derivation = only("let x \\in \\R\n\nx = x\n\nshow x = x\nproof\nx = x\n")
    assert [p.kind for p in derivation.parts] == ["before", "main"]


def test_conditions_at_the_end_of_a_step() -> None:
    (step,) = only("let x \\in \\R\n\n\\frac{x}{x} = 1 \\quad (x > 0)").parts[0].chains[0].steps
    assert str(step.condition) == "rel[>](x, 0)"


def test_source_text_of_the_sides() -> None:
    (step,) = only("let x \\in \\R\n\n\\frac{x}{2}\n= x \\by{nothing}").parts[0].chains[0].steps
    assert (step.lhs_latex, step.rhs_latex, step.by) == ("\\frac{x}{2}", "x", "nothing")


def test_antiderivatives() -> None:
    head = "let x \\in \\R\nlet f : \\R \\to \\R\n\n"
    assert written(head + "\\int f'(x) \\, dx \\doteq_x f(x)") == ["rel[≐](antiderivλ#1(x, apply(dfun[(1,)](f), #1)), apply(f, x), x)"]
    assert written(head + "\\int 2x \\, dx = x^2 + \\const") == ["rel[≐](antiderivλ#1(x, mul(2, #1)), pow(x, 2), x)"]
    assert written(head + "\\int e^{-x^2} \\, dx = \\sqrt{\\pi}") == ["rel[=](intλ#1(neg(inf), inf, exp(neg(pow(#1, 2)))), pow(pi, 1/2))"]
