/** Names of functions in LaTeX and plain notation, and the one name each goes by. */
export const FUNCTION_NAMES: ReadonlyMap<string, string> = new Map([
  ...[
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "log",
    "ln",
    "lg",
    "det",
    "max",
    "min",
    "gcd",
    "lcm",
    "abs",
    "floor",
    "ceil",
  ].map((name) => [name, name] as const),
  ["arcsin", "asin"],
  ["arccos", "acos"],
  ["arctan", "atan"],
  ["asin", "asin"],
  ["acos", "acos"],
  ["atan", "atan"],
  ["tg", "tan"],
  ["ctg", "cot"],
  ["cosec", "csc"],
  ["Re", "Re"],
  ["Im", "Im"],
]);

export const CONSTANT_NAMES: ReadonlyMap<string, string> = new Map([
  ["pi", "pi"],
  ["infty", "infinity"],
  ["infinity", "infinity"],
  ["inf", "infinity"],
  ["oo", "infinity"],
  ["degree", "degree"],
  ["circ", "degree"],
]);

/** Commands that are one operator sign, without the backslash; spacing maps to nothing. */
export const OPERATOR_COMMANDS: ReadonlyMap<string, string> = new Map([
  ["cdot", "*"],
  ["times", "*"],
  ["ast", "*"],
  ["div", "/"],
  ["le", "<="],
  ["leq", "<="],
  ["leqslant", "<="],
  ["lt", "<"],
  ["ge", ">="],
  ["geq", ">="],
  ["geqslant", ">="],
  ["gt", ">"],
  ["ne", "!="],
  ["neq", "!="],
  ["approx", "~"],
  ["simeq", "~"],
  ["in", "∈"],
  ["cup", "∪"],
  ["cap", "∩"],
  ["setminus", "∖"],
  ["pm", "+-"],
  ["mp", "-+"],
  ["to", "→"],
  ["rightarrow", "→"],
  ["land", ","],
  ["wedge", ","],
  ["lor", ","],
  ["vee", ","],
  ["lbrace", "\\{"],
  ["rbrace", "\\}"],
  ["lbrack", "["],
  ["rbrack", "]"],
  ["langle", "("],
  ["rangle", ")"],
  ["lparen", "("],
  ["rparen", ")"],
  ["mid", "|"],
  ["vert", "|"],
  ["lvert", "|"],
  ["rvert", "|"],
  ["lfloor", "⌊"],
  ["rfloor", "⌋"],
  ["lceil", "⌈"],
  ["rceil", "⌉"],
  ["colon", ":"],
  ["prime", "'"],
  ["equiv", "≡"],
  ["cong", "≅"],
  ["{", "\\{"],
  ["}", "\\}"],
  ["%", "%"],
  ["$", "\\$"],
  ["|", "‖"],
  ["\\", "\\\\"],
  ["&", "&"],
  ["#", "#"],
  ["_", "_"],
]);

/** Commands with arguments of their own. */
export const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["frac", "frac"],
  ["dfrac", "frac"],
  ["tfrac", "frac"],
  ["cfrac", "frac"],
  ["binom", "binom"],
  ["dbinom", "binom"],
  ["tbinom", "binom"],
  ["sqrt", "sqrt"],
  ["choose", "choose"],
  ["over", "over"],
]);

/** Commands without meaning for the value. */
export const SKIPPED_COMMANDS: ReadonlySet<string> = new Set(
  (
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle textstyle scriptstyle limits " +
    "nolimits quad qquad hspace vspace number boldsymbol bf rm it sf tt large Large normalsize small nonumber " +
    "mathop mathstrut phantom enspace thinspace relax middle"
  ).split(" "),
);

/** Commands whose braces hold text. */
export const TEXT_COMMANDS: ReadonlySet<string> = new Set(
  "operatorname text mathrm mbox textbf textit textrm textsf texttt mathit mathsf hbox textnormal emph".split(" "),
);

/** Commands that make one name of what they cover. */
export const VECTOR_COMMANDS: ReadonlySet<string> = new Set(
  "overrightarrow overleftarrow overline vec hat widehat bar tilde widetilde mathbb mathcal mathbf dot ddot underline overset".split(
    " ",
  ),
);
