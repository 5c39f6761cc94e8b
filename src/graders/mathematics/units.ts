/** Units by their shortest name, with the other ways to write each. */
const UNITS: Readonly<Record<string, string>> = {
  "m^2": "平方米",
  "cm^2": "平方厘米",
  m: "meter meters metre metres 米 mètre mètres",
  cm: "centimeter centimeters centimetre centimetres cms 厘米 centimètres",
  mm: "millimeter millimeters millimetre millimetres",
  km: "kilometer kilometers kilometre kilometres kms 千米 公里",
  dm: "decimeter decimeters",
  in: "inch inches",
  ft: "foot feet",
  yd: "yard yards",
  mi: "mile miles",
  g: "gram grams gramme grammes 克",
  kg: "kilogram kilograms kgs kilo kilos 公斤 千克",
  mg: "milligram milligrams",
  lb: "lbs pound pounds £ GBP",
  oz: "ounce ounces",
  ton: "tons tonne tonnes",
  s: "sec secs second seconds 秒",
  min: "mins minute minutes 分钟",
  h: "hr hrs hour hours 小时",
  day: "days 天",
  week: "weeks wk",
  month: "months",
  year: "years yr yrs 年 岁",
  ms: "millisecond milliseconds",
  l: "liter liters litre litres L",
  ml: "milliliter milliliters millilitre millilitres mL",
  gal: "gallon gallons",
  degree: "degrees deg degs 度 degrés",
  rad: "radian radians",
  dollar: "dollars usd USD $ bucks 美元 dollars",
  cent: "cents",
  euro: "euros eur EUR €",

  yuan: "yuan RMB ¥ 元",
  mph: "",
  kph: "kmh",
  unit: "units",
  N: "newton newtons",
  J: "joule joules",
  W: "watt watts",
  V: "volt volts",
  A: "amp amps ampere amperes",
  Hz: "hertz",
  Pa: "pascal pascals",
  percent: "percentage pct %",
  person: "people persons 人",
  child: "children",
  man: "men",
  woman: "women",
  mol: "mole moles",
  K: "kelvin",
  C: "celsius",
  F: "fahrenheit",
};

const SYNONYMS: ReadonlyMap<string, string> = new Map(
  Object.entries(UNITS).flatMap(([unit, names]) => [
    [unit, unit] as const,
    ...names
      .split(" ")
      .filter(Boolean)
      .map((name) => [name, unit] as const),
  ]),
);

/** Words that raise the unit behind them, and to what. */
export const POWER_WORDS: ReadonlyMap<string, string> = new Map([
  ["square", "^2"],
  ["sq", "^2"],
  ["cubic", "^3"],
  ["cu", "^3"],
]);

/** Whether letters behind a number are a unit or a remark rather than a product of symbols. */
export function isUnitWord(word: string): boolean {
  return (
    POWER_WORDS.has(word.toLowerCase()) ||
    (word.length > 1 && (SYNONYMS.has(word) || SYNONYMS.has(word.toLowerCase()))) ||
    word.length > 3
  );
}

/** One name per unit: `Centimetres` and `cm` are the same; unknown words lose their plural. */
export function normalizeUnitWord(word: string): string {
  const lower = word.toLowerCase();
  return (
    SYNONYMS.get(word) ??
    SYNONYMS.get(lower) ??
    (lower.length > 3 && lower.endsWith("s") && !lower.endsWith("ss") ? lower.slice(0, -1) : lower)
  );
}

/** Words that say nothing about the unit. */
export const FILLER_WORDS: ReadonlySet<string> = new Set(
  "about approximately approx around exactly total altogether only square sq cubic cu per of a the each in is 个 只 件 颗 本".split(
    " ",
  ),
);

/** The same unit, or one with a remark behind it: `cm` and `cm long`, but never `m` and `m / s`. */
export function areUnitsEqual(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short === long) return true;
  const remarks = long.startsWith(`${short} `) ? long.slice(short.length + 1).split(" ") : [];
  return (
    KNOWN.has(short) && remarks.length > 0 && remarks.every((word) => /^\p{L}{2,}$/u.test(word) && !KNOWN.has(word))
  );
}

const KNOWN: ReadonlySet<string> = new Set(SYNONYMS.values());
