import { useEffect, useRef } from "react";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "search"],
  ["↑ ↓ or k j", "move through the samples"],
  ["Page Up, Page Down, Home, End", "move further"],
  ["Enter", "open a sample"],
  ["← → or k j, on a sample", "the one before, the one after"],
  ["Esc", "back to the samples"],
  ["?", "this page"],
];

const WORDS: readonly (readonly [string, string])[] = [
  ["c₁, c₀", "right answers with the image and without it"],
  ["D", "(c₁ − c₀) / M; “≤” where the runs without the image were stopped early"],
  ["ψ", "attention confidence: how much one token holds the model's attention"],
  ["difficulty", "1 − c₁ / M"],
  ["CDE", "keeps a sample if the image makes the difference: D > λ_c"],
  ["ACE", "drops it if attention rests on one token: ψ > λ_a"],
  ["DRM", "swaps samples that are always solved for hard ones that sometimes are"],
];

/** Keys and words, over the page. */
export function Help(props: { readonly open: boolean; readonly onOpen: (open: boolean) => void }): React.ReactNode {
  const { open, onOpen } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "?" && !(event.target instanceof HTMLInputElement)) onOpen(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onOpen]);
  return (
    <dialog ref={dialog} className="help" onClose={() => onOpen(false)} aria-label="Keys and words">
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h2>Words</h2>
      <dl>
        {WORDS.map(([word, means]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => onOpen(false)}>
        Close
      </button>
    </dialog>
  );
}
