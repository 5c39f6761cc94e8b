/** Unicode signs and what they are in LaTeX or ASCII; a space after a command keeps letters apart. */
const SIGNS: Readonly<Record<string, string>> = {
  "−": "-",
  "–": "-",
  "—": "-",
  "‐": "-",
  "‑": "-",
  "﹣": "-",
  "－": "-",
  "×": "\\times ",
  "⋅": "*",
  "·": "*",
  "∙": "*",
  "∗": "*",
  "÷": "/",
  "∕": "/",
  "⁄": "/",
  "√": "\\sqrt ",
  "∛": "\\sqrt[3] ",
  "∜": "\\sqrt[4] ",
  "∞": "\\infty ",
  "≤": "\\le ",
  "≦": "\\le ",
  "⩽": "\\le ",
  "≥": "\\ge ",
  "≧": "\\ge ",
  "⩾": "\\ge ",
  "≠": "\\ne ",
  "≈": "\\approx ",
  "≃": "\\approx ",
  "≅": "\\cong ",
  "≡": "\\equiv ",
  "∈": "\\in ",
  "∪": "\\cup ",
  "∩": "\\cap ",
  "∖": "\\setminus ",
  "±": "\\pm ",
  "∓": "\\mp ",
  "°": "^\\circ ",
  º: "^\\circ ",
  "˚": "^\\circ ",
  "℃": "^\\circ C",
  "∠": "\\angle ",
  "△": "\\triangle ",
  Δ: "\\Delta ",
  "→": "\\to ",
  "∣": "|",
  ℝ: "\\mathbb{R}",
  ⅈ: "i",
  ℯ: "e",
  "′": "'",
  "’": "'",
  "‘": "'",
  "“": '"',
  "”": '"',
  "″": '"',
  "…": "\\dots ",
  "⋯": "\\dots ",
  "，": ",",
  "、": ",",
  "；": ";",
  "：": ":",
  "。": ".",
  "．": ".",
  "（": "(",
  "）": ")",
  "［": "[",
  "］": "]",
  "｛": "{",
  "｝": "}",
  "【": "[",
  "】": "]",
  "％": "%",
  "＋": "+",
  "＝": "=",
  "＜": "<",
  "＞": ">",
  "＄": "\\$",
  "／": "/",
  "？": "?",
  "！": "!",
  "│": "|",
  "｜": "|",
  "½": "\\frac12 ",
  "⅓": "\\frac13 ",
  "⅔": "\\frac23 ",
  "¼": "\\frac14 ",
  "¾": "\\frac34 ",
  "⅕": "\\frac15 ",
  "⅖": "\\frac25 ",
  "⅗": "\\frac35 ",
  "⅘": "\\frac45 ",
  "⅙": "\\frac16 ",
  "⅚": "\\frac56 ",
  "⅛": "\\frac18 ",
  "⅜": "\\frac38 ",
  "⅝": "\\frac58 ",
  "⅞": "\\frac78 ",
  "∅": "\\emptyset ",
  Ø: "\\emptyset ",
  α: "\\alpha ",
  β: "\\beta ",
  γ: "\\gamma ",
  δ: "\\delta ",
  ε: "\\epsilon ",
  θ: "\\theta ",
  λ: "\\lambda ",
  μ: "\\mu ",
  µ: "\\mu ",
  ρ: "\\rho ",
  σ: "\\sigma ",
  τ: "\\tau ",
  φ: "\\phi ",
  ϕ: "\\phi ",
  χ: "\\chi ",
  ψ: "\\psi ",
  ω: "\\omega ",
  π: "\\pi ",
  𝜋: "\\pi ",
  Ω: "\\Omega ",
  Σ: "\\Sigma ",
  Γ: "\\Gamma ",
};
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ";
const SUPERSCRIPT_VALUES = "0123456789+-n";
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** Writes Unicode mathematics and full-width text as LaTeX and ASCII: `x²≤½` becomes `x^{2}\le \frac12 `. */
export function toPlainNotation(text: string): string {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) < 127) at += 1;
  if (at === text.length) return text;
  const parts: string[] = [text.slice(0, at)];
  let raised = "";
  for (const sign of text.slice(at)) {
    const superscript = SUPERSCRIPTS.indexOf(sign);
    if (superscript >= 0) {
      raised += SUPERSCRIPT_VALUES[superscript];
      continue;
    }
    if (raised !== "") {
      parts.push(`^{${raised}}`);
      raised = "";
    }
    parts.push(translate(sign));
  }
  if (raised !== "") parts.push(`^{${raised}}`);
  return parts.join("");
}

function translate(sign: string): string {
  const known = SIGNS[sign];
  if (known !== undefined) return known;
  const code = sign.codePointAt(0) ?? 0;
  if (code >= 0xff10 && code <= 0xff5a) return String.fromCharCode(code - 0xfee0);
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x200f) || code === 0x202f || code === 0x3000 || code === 0xfeff)
    return " ";
  const digit = readForeignDigit(code);
  if (digit !== undefined) return digit;
  const subscript = SUBSCRIPTS.indexOf(sign);
  return subscript >= 0 ? `_${subscript}` : sign;
}

/** First code points of decimal digits: Arabic, Persian, Devanagari, Bengali, Thai. */
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];

function readForeignDigit(code: number): string | undefined {
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  return zero === undefined ? undefined : String(code - zero);
}

/** The text with decimal digits of other scripts and full-width digits in ASCII; lengths stay the same. */
export function foldDigits(text: string): string {
  return text.replaceAll(
    /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59\uff10-\uff19]/g,
    (sign) => {
      const code = sign.charCodeAt(0);
      return readForeignDigit(code) ?? String(code - 0xff10);
    },
  );
}
