"""The writings of the built-in functions."""

from __future__ import annotations

FUNCTION_NAMES: dict[str, str] = {
    **{n: n for n in (
        "exp log sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh "
        "arctanh arccoth arcsech arccsch erf erfc zeta gcd lcm max min beta loggamma digamma polygamma"
    ).split()},
    "ln": "log", "sign": "sign", "sgn": "sign", "Re": "re", "Im": "im", "arg": "arg", "conj": "conj", "abs": "abs", "floor": "floor",
    "ceil": "ceil", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "arcoth": "arccoth", "arsech": "arcsech", "arcsch": "arccsch", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "argsinh": "arcsinh", "tg": "tan", "ctg": "cot", "sh": "sinh", "ch": "cosh", "th": "tanh", "sinc": "sinc", "lg": "lg",
    "Gamma": "gamma", "psi": "digamma", "B": "beta", "mod": "mod",
    "ReLU": "relu", "relu": "relu", "sigmoid": "sigmoid", "expit": "sigmoid", "softplus": "softplus", "logit": "logit",
    "lgamma": "loggamma", "gammaln": "loggamma",
}  # fmt: skip

# single letters and Greek: functions only directly before brackets
ONE_LETTER_FUNCTIONS = frozenset(("Gamma", "psi", "zeta", "B"))

INVERSES = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc", "sinh": "arcsinh", "cosh": "arccosh",
    "tanh": "arctanh", "coth": "arccoth", "sech": "arcsech", "csch": "arccsch", "exp": "log", "log": "exp", "arcsin": "sin", "arccos": "cos",
    "arctan": "tan", "arcsinh": "sinh", "arccosh": "cosh", "arctanh": "tanh",
}  # fmt: skip

# functions of any number of arguments, or of more than one
SEVERAL_ARGUMENTS = frozenset(("max", "min", "gcd", "lcm", "beta", "polygamma", "mod"))
