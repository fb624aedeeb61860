"""Every op of the term language: its arguments, its label (`data`), its binder.  MEANING.md says what each one means.

Written `op(args; data | bound)`.  `s` scalar, `A` matrix, `v` vector, `S` set, `P` statement, `D` distribution, `b` body.
Sets, statements and distributions are terms like all others.

Leaves
  num(; Fraction)   const(; pi|e|i|inf|euler|undefined)   sym(; (latex name, tag))   bvar(; (height,))
  `-inf` is neg(const inf).  `e^u` and `\\exp u` are both fn exp.

Scalar arithmetic (as written: nothing is merged or reordered; `add` and `mul` have two or more args)
  add(s…)  neg(s)  mul(s…)  div(s, s)  pow(s, s)  oddroot(s; n)   a-b is add(a, neg b); \\sqrt x is pow(x, 1/2);
  \\sqrt[n]x for odd n >= 3 is oddroot (real for real x); \\sqrt[n]x for even or symbolic n is pow(x, div(1, n)).
  `add`, `neg` also between matrices of one shape (sort says which).

fn(args…; name): exp log sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch
  arcsinh arccosh arctanh arccoth arcsech arccsch erf erfc gamma loggamma digamma polygamma(n,x) beta(a,b) zeta factorial
  factorial2 binom(n,k) abs sign floor ceil re im arg conj max(s…) min(s…) mod(a,m) gcd lcm
  `\\log_b x` is div(log x, log b).

Functions and families
  apply(f, s…)         a function-sorted term at arguments; f is a sym, lam, dfun, invfun
  dfun(f; (n1,…))      partial derivative orders per argument: f'' is dfun(f; (2,))
  invfun(f)            the inverse function
  lam(S…, b | x…)      a function given by a body; S… the domains of its variables
  idx(x, s…)           member of a declared family: x_n, q_{kn}

Big operators (bound one variable unless said)
  sum(lo, hi, b | k)   prod(lo, hi, b | k)     integer bounds, hi may be const inf, lo may be neg inf
  sumset(S, b | x)     prodset(S, b | x)       over a finite or countable set; `\\sum_{k \\ne j}` is a sum with body cases(k≠j, b, 0)
  int(lo, hi, b | x)   intset(S, b | x)        one real variable; over a set such as \\R^d
  antideriv(point, b | x)                      some antiderivative of λx.b, at point
  lim(point, b; dir | x)                       dir: '' two-sided, '+', '-', or 'int' for sequences (x runs through integers)
  deriv(point, b; n | x)                       n-th derivative of λx.b at point (n an int ≥ 1); d/dx b is deriv(x, b[x])
  nderiv(point, n, b | x)                      the derivative of a symbolic order n
  grad(point, b | x)                           scalar by vector or matrix: shape of x
  jac(point, b; layout | x)                    vector by vector; 'numerator' or 'denominator'
  hess(point, b | x)                           scalar by vector: matrix
  argmax(S, b | x…)  argmin  maxover  minover  supover  infover      S the set of each variable (one S per variable)
  setof(S, P | x)      {x ∈ S : P}
  forall(S, P | x)  exists(S, P | x)

Piecewise
  cases(P1, t1, P2, t2, …[, default])   first true P wins; lazily defined: only the chosen branch must have a value
  ind(P)                indicator 0/1

Matrices (sort mat(rows, cols); vectors are columns)
  matmul(A…)  smul(s, A)  transpose(A)  inv(A)  mpow(A, n) (A^n, also A^{1/2})  hadamard(A, B)  kron(A…)  trace(A)  det(A)
  norm(A; 2|1|F|inf|p)  ('2' on vectors is Euclid's, on matrices the spectral norm)  inner(v, v)  diag(v)  diagof(A)  vecop(A)
  entry(A, i, j)  ventry(v, i)  row(A, i)  col(A, j)  eye(n)  ones(m, n)  zeros(m, n)  unit(n, i)
  bmat(A…; (rows, cols))        blocks or scalars, row by row     emap(lam, A)  elementwise function
  mlam(m, n, b | i, j)          the matrix with entries b          tonum(A)  a 1×1 matrix as a number
  vsoftmax(A)  softmax of a vector, of each column of a matrix     sigmax(A)  largest singular value   rank(A)
  sum, cases, E, deriv, lim … also have matrix-sorted bodies; the sort of the node is that of its value.

Statements (sort bool)
  rel(a, b, w…; '=' '≠' '<' '≤' '>' '≥' '≈' '∝' '≐' 'in' 'notin' 'subset' 'O' 'to' 'divides')
  (w… only for ∝ and ≐: the variables they refer to; `x^* = \\argmax` is rel(finset(x), argmax; '='))
  and(P…)  or(P…)  not(P)  implies(P, Q)  iff(P, Q)
  true()  false()   perp(X, Y, Z…; k)  independence: the first k args mutually independent, given the rest   sim(X, D)
  psd(A)  pd(A)  (A ⪰ 0, A ≻ 0)   isconvex(f)  isconcave(f)   constin(s, x…)  s does not depend on x…

Sets (sort set)
  set(; R|Rpos|Rnn|Rneg|N|Npos|Z|Q|C|empty)   Rpos = (0,∞), Rnn = [0,∞)   rn(n) = \\R^n   rmn(m, n)
  interval(a, b; '[]' '()' '[)' '(]')   finset(t…)   range(lo, hi) = {lo, …, hi}   union(S…)  inter(S…)  setminus(S, T)
  product(S…)   simplex sets and mass functions are declarations, not sets: prob(S) is \\mathcal P(S)
  funset(S…, S) functions

Probability
  E(b, cond…; n)            expectation over all random symbols in b (given cond…); n = number of conds; a cond is a random
                            symbol, a statement, or a rel(X,'=',x)
  Var(b, cond…; n)  Cov(b, c, cond…; n)  Pr(P, cond…; n)   H(…) of random symbols: entropyrv(X…, Y…; k) first k before the bar
  Eover(D, b | x…)  Varover(D, b | x…)  Covover(D, b, … )   expectation over x ~ D;  D a distribution term
  pdf(D, x…)                density or mass of D at x
  dist(params…; N|Po|Ga|Beta|Bern|Bin|NB|Cat|Exp|U|Laplace|Dir|LogN|Geom|InvGa|t)  sort dist
  lam(S, b | x) of sort dist: a density or mass function given by its formula
  marg(p; (positions before the bar, positions after))  marginal or conditional of a joint density symbol p over its declared variables
  KL(D, D)  JSD(D, D)  entropy(D)  crossent(D, D)  MI(X…, Y…; k)
  law(X)                    the distribution of a random symbol, where one is needed

Other
  bigO(s)   anyconst(; number)   the `\\const` of a step   tuple(t…)   infinity is const inf
  opaque(t…; text)          something read but not understood: always undecided, `data` names what is missing
"""

from __future__ import annotations

BINDERS = frozenset(
    "lam sum prod sumset prodset int intset antideriv lim deriv nderiv grad jac hess argmax argmin maxover minover supover infover "
    "setof forall exists mlam Eover Varover Covover".split()
)

SCALAR_ARITHMETIC = frozenset("add neg mul div pow".split())

FUNCTIONS: dict[str, int | None] = {  # name -> number of arguments (None: any)
    **dict.fromkeys(
        "exp log sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh "
        "arctanh arccoth arcsech arccsch erf erfc gamma loggamma digamma zeta factorial factorial2 abs sign floor ceil re im arg "
        "conj".split(),
        1,
    ),
    **dict.fromkeys("polygamma beta binom mod".split(), 2),
    **dict.fromkeys("max min gcd lcm".split(), None),
}

STATEMENT_OPS = frozenset("rel and or not implies iff true false perp sim psd pd isconvex isconcave constin forall exists".split())

RELATIONS = ("=", "≠", "<", "≤", ">", "≥", "≈", "∝", "≐", "in", "notin", "subset", "O", "to", "divides")

DISTRIBUTIONS: dict[str, int] = {
    "N": 2, "Po": 1, "Ga": 2, "Beta": 2, "Bern": 1, "Bin": 2, "NB": 2, "Cat": 1, "Exp": 1, "U": 2, "Laplace": 2, "Dir": 1,
    "LogN": 2, "Geom": 1, "InvGa": 2,
}  # fmt: skip
