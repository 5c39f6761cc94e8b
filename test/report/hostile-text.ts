/** What a dataset, a file name or a model may hold to run code, break a page or mislead a reader. */
export const HOSTILE = [
  "<script>window.hacked = 1</script>",
  "<img src=x onerror='window.hacked = 1'>",
  '"><svg onload="window.hacked = 1">',
  "</style><script>window.hacked = 1</script>",
  "</title></head><body onload=window.hacked=1>",
  "<a href='javascript:window.hacked=1'>click</a>",
  "&lt;script&gt; &amp; &#x3c;",
  "\u202egpj.exe\u202c \u2066isolated\u2069 \u200fright",
  "null\u0000 bell\u0007 escape\u001b[31m line\u2028separator",
  "lone \ud800 surrogate",
] as const;

/** All of it in one text, and a megabyte more. */
export const HOSTILE_TEXT: string = `${HOSTILE.join(" ")} ${"x".repeat(1_000_000)}`;
