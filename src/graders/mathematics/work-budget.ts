/** Thrown when one comparison would cost more than its share; caught by the grader. */
export class WorkExceeded {
  readonly reason = "comparing the two answers would take too long";
}

/** Units of work one grading may take; a unit is about 10 ns, so that this is some 30 ms. */
const ALLOWANCE = 3_000_000;

let left = ALLOWANCE;

/**
 * Starts the count again. Grading is synchronous, so one count is enough; it counts work and not
 * time, so that the same input gets the same verdict on any machine.
 */
export function startWork(): void {
  left = ALLOWANCE;
}

/** Takes units from the allowance; throws `WorkExceeded` when none are left. */
export function spendWork(units: number): void {
  left -= units;
  if (left < 0) throw new WorkExceeded();
}
