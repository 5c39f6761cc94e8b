import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "react";

/** A figure drawn by Observable Plot; `label` says in words what there is to see. */
export function Figure(props: {
  readonly label: string;
  readonly caption: React.ReactNode;
  readonly options: Plot.PlotOptions;
}): React.ReactNode {
  const { label, caption, options } = props;
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = Plot.plot({ ...options, className: "plot" });
    // Plot's own style element is inline, which the page's security policy refuses; ours holds its rules.
    drawn.querySelector("style")?.remove();
    // Names of its groups, which have no role to be named by; the figure's own name says it all.
    for (const group of drawn.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label");
    frame.current?.replaceChildren(drawn);
  }, [options]);
  return (
    <figure>
      <figcaption>{caption}</figcaption>
      <div role="img" aria-label={label} ref={frame} />
    </figure>
  );
}
