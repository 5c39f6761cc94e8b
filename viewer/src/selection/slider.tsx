/** A threshold to move; `value` is where it is on the slider, `field` what stands in place of its value in words. */
export function Slider(props: {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly show?: (value: number) => string;
  readonly field?: React.ReactNode;
  readonly unit?: React.ReactNode;
  readonly onChange: (value: number) => void;
}): React.ReactNode {
  const { label, title, value, min, max, step, show = String, field, unit, onChange } = props;
  return (
    <div className="slider" title={title}>
      <span className="slider-label">{label}</span>
      <input
        type="range"
        aria-label={`${label}: ${title}`}
        aria-valuetext={show(value)}
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      {field ?? <output>{show(value)}</output>}
      {unit}
    </div>
  );
}
