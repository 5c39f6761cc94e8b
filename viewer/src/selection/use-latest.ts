import { useEffect, useRef, useState } from "react";

/**
 * The newest result of `work(input)`. While one is under way only the latest input waits, so a
 * slider that moves faster than its answers never builds a queue. `undefined` until the first one.
 */
export function useLatest<Input, Output>(
  input: Input | undefined,
  work: (input: Input) => Promise<Output | undefined>,
): Output | undefined {
  const [output, setOutput] = useState<Output>();
  const state = useRef<{ busy: boolean; next: Input | undefined }>({ busy: false, next: undefined });
  const doWork = useRef(work);
  doWork.current = work;
  useEffect(() => {
    if (input === undefined) return;
    const { current } = state;
    current.next = input;
    const step = async (): Promise<void> => {
      current.busy = true;
      while (current.next !== undefined) {
        const asked = current.next;
        current.next = undefined;
        const found = await doWork.current(asked).catch(() => undefined);
        if (found !== undefined) setOutput(() => found);
      }
      current.busy = false;
    };
    if (!current.busy) void step();
  }, [input]);
  return output;
}
