import type { Progress, StageName } from "../stages/progress.ts";

/** Where progress is drawn. */
interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

interface Bar {
  done: number;
  total: number;
  /** When this wave of the stage began, and how much was done then. */
  started: number;
  doneBefore: number;
  drawn: number;
}

const WIDTH = 24;
const REDRAW_MS = 100;
const LINE_MS = 10_000;
const LABEL_WIDTH = 10;

/**
 * Draws a bar per stage with rate and time left: in place on a terminal, as plain lines
 * (at the start of a stage's end and every ten seconds) elsewhere.
 */
export class ProgressBar implements Progress {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #bars = new Map<StageName, Bar>();

  /** `now`: milliseconds, from any origin. */
  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
  }

  begin(stage: StageName, total: number): void {
    const now = this.#now();
    const done = this.#bars.get(stage)?.done ?? 0;
    this.#bars.set(stage, { done, total, started: now, doneBefore: done, drawn: now });
    this.#draw(stage, true);
  }

  extend(stage: StageName, more: number): void {
    const bar = this.#bars.get(stage);
    if (bar !== undefined) bar.total += more;
  }

  advance(stage: StageName, done: number): void {
    const bar = this.#bars.get(stage);
    if (bar === undefined) return;
    bar.done += done;
    if (this.#now() - bar.drawn >= (this.#terminal.isTTY ? REDRAW_MS : LINE_MS)) this.#draw(stage, false);
  }

  end(stage: StageName): void {
    this.#draw(stage, false, true);
  }

  note(text: string): void {
    this.#terminal.write(`${this.#terminal.isTTY ? "\r\u001b[K" : ""}${text}\n`);
  }

  #draw(stage: StageName, first: boolean, last = false): void {
    const bar = this.#bars.get(stage);
    if (bar === undefined) return;
    bar.drawn = this.#now();
    if (!this.#terminal.isTTY) {
      if (!first) this.#terminal.write(`${this.#line(stage, bar, last)}\n`);
      return;
    }
    const share = bar.total === 0 ? 1 : Math.min(1, bar.done / bar.total);
    const filled = Math.round(share * WIDTH);
    const drawn = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
    this.#terminal.write(`\r\u001b[K${this.#line(stage, bar, last, drawn)}${last ? "\n" : ""}`);
  }

  #line(stage: StageName, bar: Bar, last: boolean, drawn = ""): string {
    const seconds = (this.#now() - bar.started) / 1000;
    const rate = seconds > 0 ? (bar.done - bar.doneBefore) / seconds : 0;
    const share = bar.total === 0 ? 100 : Math.floor((100 * bar.done) / bar.total);
    const left = rate > 0 ? formatTime((bar.total - bar.done) / rate) : "–";
    const time = last ? `${formatTime(seconds)} taken` : `${left} left`;
    const count = stage === "download" || stage === "upload" ? formatBytes : formatItems;
    const of = `${count(bar.done)} / ${count(bar.total)}`;
    const speed = `${count(rate)}/s`;
    return `${stage.padEnd(LABEL_WIDTH)} ${drawn}${drawn && " "}${of}  ${share} %  ${speed}  ${time}`;
  }
}

function formatItems(items: number): string {
  return Math.round(items).toLocaleString("en");
}

function formatBytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

/** `4 s`, `2 min 05 s`, `1 h 04 min`. */
function formatTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
