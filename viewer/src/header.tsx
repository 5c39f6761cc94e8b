import { useEffect, useState } from "react";
import type { RunInfo } from "../../src/view/protocol.ts";
import { amend, useVisit } from "./address.ts";
import { Help } from "./help.tsx";
import { nameRun } from "./words.ts";

const STATES: Readonly<Record<RunInfo["state"], string>> = {
  running: "stopped before its end",
  partial: "rollouts only",
  interrupted: "interrupted",
  failed: "failed",
  done: "done",
};

/** The run on view, what state it is in, and what is the same on every page. */
export function Header(props: {
  readonly runs: readonly RunInfo[] | undefined;
  readonly index: number;
  readonly helpOpen: boolean;
  readonly onHelp: (open: boolean) => void;
}): React.ReactNode {
  const { runs, index, helpOpen, onHelp } = props;
  const run = runs?.[index];
  const home = useVisit("/");
  const compare = useVisit("/compare");
  useEffect(() => {
    document.title = run === undefined ? "Winnow" : `${run.name} · Winnow`;
  }, [run]);
  return (
    <header className="top">
      <a className="brand" href="/" onClick={home}>
        Winnow
      </a>
      {run !== undefined && (
        <>
          <h1>
            <bdi>{run.name}</bdi>
          </h1>
          <span className={run.live ? "state live" : "state"}>{run.live ? "running" : STATES[run.state]}</span>
          <p className="provenance" title={run.dataset}>
            <bdi>{run.model}</bdi> on <bdi>{run.dataset.split(/[\\/]/).at(-1)}</bdi>, M = {run.m}
          </p>
        </>
      )}
      <nav aria-label="Viewer">
        {runs !== undefined && runs.length > 1 && (
          <>
            {runs.map((one, at) => (
              <button
                type="button"
                key={one.path}
                aria-pressed={at === index}
                onClick={() => amend({ run: at === 0 ? "" : String(at) })}
              >
                <bdi>{nameRun(one, runs)}</bdi>
              </button>
            ))}
            <a href="/compare" onClick={compare}>
              compare
            </a>
          </>
        )}
        <ThemeButton />
        <button type="button" onClick={() => onHelp(true)} aria-label="Keys and words">
          ?
        </button>
      </nav>
      <Help open={helpOpen} onOpen={onHelp} />
    </header>
  );
}

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Light, dark, or as the system has it; remembered by this browser. */
function ThemeButton(): React.ReactNode {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem("winnow-theme");
    return kept === "light" || kept === "dark" ? kept : "system";
  });
  useEffect(() => {
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
    localStorage.setItem("winnow-theme", theme);
  }, [theme]);
  return (
    <button
      type="button"
      onClick={() => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!)}
      aria-label={`Colours: ${theme}`}
      title={`Colours: ${theme}`}
    >
      {theme === "system" ? "◐" : theme === "light" ? "○" : "●"}
    </button>
  );
}
