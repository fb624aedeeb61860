"""Steps about vectors and matrices as people write them: true for all sizes, and false ones that look like them."""

HEADER = r"""
let n, m, d, N \in \N_{>0}
let A, B, C \in \R^{n \times n}
let F, G \in \R^{n \times n} invertible
let S, T \in \R^{n \times n} symmetric
let K, L \in \R^{n \times n} symmetric positive definite
let Z \in \R^{n \times n} symmetric positive semidefinite
let Q, R \in \R^{n \times n} orthogonal
let P \in \R^{n \times n} permutation
let D, E \in \R^{n \times n} diagonal
let X, Y \in \R^{m \times n}
let V \in \R^{n \times m}
let W \in \R^{d \times m}
let x, y, z, w, \mu, \nu \in \R^n
let b, u \in \R^m
let t, c \in \R
let \lambda, \sigma > 0
let a_i \in \R^n for i = 1, \dots, N
let s_i \in \R for i = 1, \dots, N
let r_i > 0 for i = 1, \dots, N
let f : \R^m \to \R
let g : \R^n \to \R
define h(v) = \frac{1}{1 + e^{-v}}
"""

TRUE = r"""
(A B C)^\top = C^\top B^\top A^\top
(A + B)(A - B) = A^2 - A B + B A - B^2
(F G)^{-1} = G^{-1} F^{-1}
(F^\top)^{-1} = (F^{-1})^\top
(2 F)^{-1} = \frac{1}{2} F^{-1}
(I + A)(I - A) = I - A^2
A (B + C) = A B + A C
F^{-1} - G^{-1} = F^{-1} (G - F) G^{-1}
(I + X^\top X)^{-1} X^\top = X^\top (I + X X^\top)^{-1}
(K^{-1} + X^\top X)^{-1} = K - K X^\top (I + X K X^\top)^{-1} X K
(F + x y^\top)^{-1} = F^{-1} - \frac{F^{-1} x y^\top F^{-1}}{1 + y^\top F^{-1} x}
(F^{-1} + G^{-1})^{-1} = F (F + G)^{-1} G
F (F + G)^{-1} G = G (F + G)^{-1} F
I - (I + K)^{-1} = K (I + K)^{-1}
(K + \lambda I)^{-1} K = I - \lambda (K + \lambda I)^{-1}
Q^\top Q = I
(Q R)^\top (Q R) = I
Q^{-1} = Q^\top
P^\top \mathbf{1} = \mathbf{1}
P P^\top = I
D E = E D
D S D = (D S D)^\top
(A^\top A)^\top = A^\top A
S^2 = S S^\top
(S + T)^\top = S + T
x^\top A y = y^\top A^\top x
x^\top A x = \frac{1}{2} x^\top (A + A^\top) x
x^\top (A - A^\top) x = 0
(x y^\top)^\top = y x^\top
(x^\top y)^2 = x^\top y y^\top x
(x - y)^\top (x - y) = x^\top x - 2 x^\top y + y^\top y
\|x - y\|^2 = \|x\|^2 - 2 x^\top y + \|y\|^2
\|Q x\| = \|x\|
\|2 x\| = 2 \|x\|
\|A\|_F^2 = \operatorname{tr}(A^\top A)
\|Q A\|_F = \|A\|_F
\operatorname{tr}(A B C) = \operatorname{tr}(C A B)
\operatorname{tr}(A B) = \operatorname{tr}(B A)
\operatorname{tr}(A^\top) = \operatorname{tr}(A)
\operatorname{tr}(A + 2 B) = \operatorname{tr}(A) + 2 \operatorname{tr}(B)
\operatorname{tr}(x y^\top) = y^\top x
\operatorname{tr}(Q A Q^\top) = \operatorname{tr}(A)
\operatorname{tr}(I_n) = n
\operatorname{tr}(A x x^\top) = x^\top A x
\operatorname{tr}(F A F^{-1}) = \operatorname{tr}(A)
\operatorname{tr}(S (A - A^\top)) = 0
\det(A B) = \det(A) \det(B)
\det(A^\top) = \det(A)
\det(F^{-1}) = \frac{1}{\det F}
\det(2 A) = 2^n \det(A)
\det(Q)^2 = 1
\det(Q A Q^\top) = \det A
\det(I + x y^\top) = 1 + y^\top x
\det(I_n + X^\top X) = \det(I_m + X X^\top)
\det(F + x y^\top) = \det(F)(1 + y^\top F^{-1} x)
\log \det(K L) = \log \det K + \log \det L
\log \det(\lambda K) = n \log \lambda + \log \det K
\log \det(K^{-1}) = -\log \det K
\operatorname{vec}(A B C) = (C^\top \otimes A) \operatorname{vec}(B)
\operatorname{tr}(X^\top Y) = \operatorname{vec}(X)^\top \operatorname{vec}(Y)
(A \otimes B)(C \otimes S) = (A C) \otimes (B S)
(A \otimes B)^\top = A^\top \otimes B^\top
(F \otimes G)^{-1} = F^{-1} \otimes G^{-1}
\operatorname{tr}(A \otimes B) = \operatorname{tr}(A) \operatorname{tr}(B)
\operatorname{vec}(x y^\top) = y \otimes x
\operatorname{diag}(x) y = x \odot y
x^\top (y \odot z) = y^\top (x \odot z)
\operatorname{diag}(x) A \operatorname{diag}(y) = A \odot (x y^\top)
\mathbf{1}^\top (x \odot y) = x^\top y
\operatorname{diag}(x) \operatorname{diag}(y) = \operatorname{diag}(x \odot y)
A \odot B = B \odot A
\operatorname{softmax}(x + c \mathbf{1}) = \operatorname{softmax}(x)
\mathbf{1}^\top \operatorname{softmax}(x) = 1
\operatorname{softmax}(P x) = P \operatorname{softmax}(x)
h(P x) = P h(x)
\left(\sum_{i=1}^N a_i a_i^\top\right) x = \sum_{i=1}^N (a_i^\top x) a_i
x^\top \left(\sum_{i=1}^N a_i a_i^\top\right) x = \sum_{i=1}^N (a_i^\top x)^2
\sum_{i=1}^N (a_i - \mu) = \sum_{i=1}^N a_i - N \mu
\operatorname{tr}\left(\sum_{i=1}^N a_i a_i^\top\right) = \sum_{i=1}^N \|a_i\|^2
\sum_{i=1}^N s_i A a_i = A \sum_{i=1}^N s_i a_i
(A x)_1 = \sum_{j=1}^n A_{1j} x_j
(A B)_{1n} = \sum_{k=1}^n A_{1k} B_{kn}
\operatorname{tr}(A B) = \sum_{i=1}^n \sum_{j=1}^n A_{ij} B_{ji}
e_1^\top A e_n = A_{1n}
\nabla_x (y^\top x) = y
\nabla_x (x^\top A x) = (A + A^\top) x
\nabla_x (x^\top S x) = 2 S x
\nabla_x \|x\|^2 = 2 x
\nabla_x \|X x - b\|^2 = 2 X^\top (X x - b)
\nabla_x \frac{1}{2} (x - \mu)^\top K^{-1} (x - \mu) = K^{-1} (x - \mu)
\nabla_x \log(1 + e^{y^\top x}) = h(y^\top x) y
\nabla_x f(X x + b) = X^\top (\nabla f)(X x + b)
\nabla_X f(X x) = (\nabla f)(X x) x^\top
\nabla_A \operatorname{tr}(A B) = B^\top
\nabla_A \operatorname{tr}(A^\top B A) = (B + B^\top) A
\nabla_A (x^\top A y) = x y^\top
\nabla_F \log \det F = F^{-\top}
\nabla_F \operatorname{tr}(F^{-1} B) = -F^{-\top} B^\top F^{-\top}
\nabla_A \|A\|_F^2 = 2 A
\nabla_x^2 (x^\top A x) = A + A^\top
\nabla_x^2 \|X x - b\|^2 = 2 X^\top X
\frac{\partial (A x)}{\partial x} = A
\frac{\partial (x^\top y)}{\partial x} = y
\frac{\partial \operatorname{softmax}(x)}{\partial x} = \operatorname{diag}(\operatorname{softmax}(x)) - \operatorname{softmax}(x) \operatorname{softmax}(x)^\top
\frac{d}{dt} \|x + t y\|^2 = 2 y^\top (x + t y)
\frac{d}{dt} g(x + t y) = (\nabla g)(x + t y)^\top y
\nabla_x \sum_{i=1}^N (a_i^\top x - s_i)^2 = 2 \sum_{i=1}^N (a_i^\top x - s_i) a_i
\mathcal{N}(x; \mu, K) \propto_x \exp\left(-\frac{1}{2} x^\top K^{-1} x + \mu^\top K^{-1} x\right)
\log \mathcal{N}(x; \mu, K) \doteq_x -\frac{1}{2} (x - \mu)^\top K^{-1} (x - \mu)
\mathcal{N}(x; \mu, K) \mathcal{N}(x; \nu, L) \propto_x \mathcal{N}(x; (K^{-1} + L^{-1})^{-1} (K^{-1} \mu + L^{-1} \nu), (K^{-1} + L^{-1})^{-1})
\|X x\| \le \|X\|_2 \|x\|
\|x + y\| \le \|x\| + \|y\|
|x^\top y| \le \|x\| \|y\|
x^\top Z x \ge 0
\|A B x\| \le \|A\|_2 \|B\|_2 \|x\|
\begin{bmatrix} A & B \end{bmatrix} \begin{bmatrix} C \\ S \end{bmatrix} = A C + B S
\begin{bmatrix} A \\ B \end{bmatrix} x = \begin{bmatrix} A x \\ B x \end{bmatrix}
\det \begin{bmatrix} F & A \\ 0 & G \end{bmatrix} = \det F \det G
\begin{bmatrix} 1 & t \\ 0 & 1 \end{bmatrix}^3 = \begin{bmatrix} 1 & 3t \\ 0 & 1 \end{bmatrix}
"""

FALSE = r"""
(A B C)^\top = A^\top B^\top C^\top
(A + B)(A - B) = A^2 - B^2
(F G)^{-1} = F^{-1} G^{-1}
(F + G)^{-1} = F^{-1} + G^{-1}
(F^\top)^{-1} = F^{-1}
(2 F)^{-1} = 2 F^{-1}
A (B + C) = B A + C A
F^{-1} - G^{-1} = F^{-1} (F - G) G^{-1}
(I + X^\top X)^{-1} X^\top = X^\top (I + X X^\top)
(K^{-1} + X^\top X)^{-1} = K + K X^\top (I + X K X^\top)^{-1} X K
(K^{-1} + X^\top X)^{-1} = K - K X^\top (I + X X^\top)^{-1} X K
(F + x y^\top)^{-1} = F^{-1} - \frac{F^{-1} x y^\top F^{-1}}{1 + x^\top F^{-1} y}
(F^{-1} + G^{-1})^{-1} = F + G
I - (I + K)^{-1} = (I + K)^{-1}
(K + \lambda I)^{-1} K = I - (K + \lambda I)^{-1}
A^\top A = A A^\top
A^\top = A
A B = B A
S T = T S
D A = A D
(A - A^\top)(B - B^\top) = (B - B^\top)(A - A^\top)
A^2 - \operatorname{tr}(A) A + \det(A) I = 0
A \mathbf{1} = \mathbf{1}
P x = x
P^2 = I
Q^2 = I
Q = Q^\top
x^\top A y = x^\top A^\top y
x^\top A x = x^\top (A + A^\top) x
x y^\top = y x^\top
(x^\top y)^2 = x^\top x\, y^\top y
\|x - y\|^2 = \|x\|^2 + \|y\|^2
\|x - y\|^2 = \|x\|^2 - x^\top y + \|y\|^2
\|A x\| = \|x\|
\|-2 x\| = -2 \|x\|
\|A\|_F^2 = \operatorname{tr}(A^2)
\|A B\|_F = \|A\|_F \|B\|_F
\operatorname{tr}(A B C) = \operatorname{tr}(A C B)
\operatorname{tr}(A B) = \operatorname{tr}(A) \operatorname{tr}(B)
\operatorname{tr}(A^\top B) = \operatorname{tr}(A B)
\operatorname{tr}(I_n) = 1
\operatorname{tr}(A B A^\top) = \operatorname{tr}(B)
\det(A + B) = \det A + \det B
\det(2 A) = 2 \det(A)
\det Q = 1
\det(Q A) = \det A
\det(-A) = \det A
\det(I + x y^\top) = 1 + x^\top x
\det(F^{-1}) = \det F
\log \det(\lambda K) = \log \lambda + \log \det K
\log \det(K + L) = \log \det K + \log \det L
\operatorname{vec}(A B C) = (C \otimes A) \operatorname{vec}(B)
\operatorname{vec}(A B C) = (A \otimes C^\top) \operatorname{vec}(B)
A \otimes B = B \otimes A
(A \otimes B)^\top = B^\top \otimes A^\top
\det(A \otimes B) = \det(A) \det(B)
\operatorname{vec}(x y^\top) = x \otimes y
\operatorname{diag}(x) A = A \operatorname{diag}(x)
\operatorname{diag}(x) y = x^\top y\, \mathbf{1}
A \odot B = A B
\operatorname{softmax}(2 x) = \operatorname{softmax}(x)
\operatorname{softmax}(x + y) = \operatorname{softmax}(x) \odot \operatorname{softmax}(y)
h(A x) = A h(x)
\left(\sum_{i=1}^N a_i a_i^\top\right) x = \sum_{i=1}^N a_i
x^\top \left(\sum_{i=1}^N a_i a_i^\top\right) x = \left(\sum_{i=1}^N a_i^\top x\right)^2
\sum_{i=1}^N (a_i - \mu) = \sum_{i=1}^N a_i - \mu
\sum_{i=1}^N s_i a_i = \left(\sum_{i=1}^N s_i\right) \sum_{i=1}^N a_i
(A x)_1 = \sum_{j=1}^n A_{j1} x_j
(A B)_{1n} = \sum_{k=1}^n A_{1k} B_{nk}
\operatorname{tr}(A B) = \sum_{i=1}^n \sum_{j=1}^n A_{ij} B_{ij}
\nabla_x (x^\top A x) = 2 A x
\nabla_x (x^\top S x) = S x
\nabla_x (x^\top A x) = (A - A^\top) x
\nabla_x \|x\|^2 = x
\nabla_x \|X x - b\|^2 = X^\top (X x - b)
\nabla_x \|X x - b\|^2 = 2 X^\top (X x + b)
\nabla_x \frac{1}{2} (x - \mu)^\top K^{-1} (x - \mu) = K (x - \mu)
\nabla_x \frac{1}{2} (x - \mu)^\top K^{-1} (x - \mu) = K^{-1} (\mu - x)
\nabla_x \log(1 + e^{y^\top x}) = h(y^\top x) x
\nabla_x \log(1 + e^{y^\top x}) = h(y^\top x)\, h(y^\top x) y
\nabla_A \operatorname{tr}(A B) = B
\nabla_A \operatorname{tr}(A^\top B A) = 2 B A
\nabla_A (x^\top A y) = y x^\top
\nabla_F \log \det F = F^{-1}
\nabla_F \operatorname{tr}(F^{-1} B) = F^{-\top} B^\top F^{-\top}
\nabla_A \|A\|_F^2 = A
\nabla_x^2 (x^\top A x) = 2 A
\nabla_x^2 \|X x - b\|^2 = X^\top X
\frac{\partial (A x)}{\partial x} = A^\top
\frac{\partial \operatorname{softmax}(x)}{\partial x} = \operatorname{diag}(\operatorname{softmax}(x))
\frac{d}{dt} \|x + t y\|^2 = 2 y^\top x
\nabla_x \sum_{i=1}^N (a_i^\top x - s_i)^2 = \sum_{i=1}^N (a_i^\top x - s_i) a_i
\mathcal{N}(x; \mu, K) \propto_x \exp\left(-\frac{1}{2} x^\top K^{-1} x - \mu^\top K^{-1} x\right)
\mathcal{N}(x; \mu, K) \propto_x \exp\left(-x^\top K^{-1} x + \mu^\top K^{-1} x\right)
\log \mathcal{N}(x; \mu, K) \doteq_x -\frac{1}{2} (x - \mu)^\top K (x - \mu)
\mathcal{N}(x; \mu, K) \mathcal{N}(x; \nu, L) \propto_x \mathcal{N}(x; K^{-1} \mu + L^{-1} \nu, (K^{-1} + L^{-1})^{-1})
\|X x\| \ge \|X\|_2 \|x\|
\|x + y\| = \|x\| + \|y\|
|x^\top y| = \|x\| \|y\|
x^\top S x \ge 0
x^\top A x \ge 0
\|A B x\| \le \|A\|_2 \|x\|
\begin{bmatrix} A & B \end{bmatrix} \begin{bmatrix} C \\ S \end{bmatrix} = A S + B C
\det \begin{bmatrix} F & A \\ 0 & G \end{bmatrix} = \det F + \det G
\begin{bmatrix} 1 & t \\ 0 & 1 \end{bmatrix}^3 = \begin{bmatrix} 1 & t^3 \\ 0 & 1 \end{bmatrix}
"""


def lines(block: str) -> list[str]:
    """The steps of a block."""
    return [line for line in block.strip().splitlines() if line.strip()]


# Each is false at a few points only: where a derivative does not follow its formula, or a function has a kink.
TRAPS = (
    r"""
let d \in \N_{>0}
let c \in \R^d
define r(u) = \begin{cases} u & u > 0 \\ 0 & u \le 0 \end{cases}

\argmin_{w \in \R^d} (\|w\|^2 - 10\, r(c^\top w)) = \mathbf{0}_d
""",
    r"""
let m, n \in \N_{>0}
let W \in \R^{m \times n}
let x \in \R^n
let v \in \R^m
define r(u) = \max(0, u)

\nabla_x (v^\top r(W x)) = W^\top (v \odot \mathbb{1}[W x > 0])
""",
    r"""
let n \in \N_{>0}
let A \in \R^{n \times n}

\nabla_A \det A = \begin{cases} 0 A & \det A = 0 \\ \det(A) A^{-\top} & \text{otherwise} \end{cases}
""",
    r"""
let m, n \in \N_{>0}
let X \in \R^{m \times n}
let x \in \R^n

\nabla_x \|X x\| = \begin{cases} x & \|X x\| = 0 \\ \frac{X^\top X x}{\|X x\|} & \text{otherwise} \end{cases}
""",
    r"""
let n \in \N_{>0}
let A \in \R^{n \times n}
let x, y \in \R^n

A x = y \iff x = A^{-1} y
""",
    r"""
let n \in \N_{>0}
let A \in \R^{n \times n} symmetric positive semidefinite
let w \in \R^n
let b \in \R^n

\argmin_{w \in \R^n} (w^\top A w - 2 b^\top w) = A^{-1} b
""",
)
