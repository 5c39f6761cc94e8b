/**
 * A question for trainers that put the images in front by themselves and take a literal
 * `<image>` as text: those in front are taken away, each later one becomes `[image 1]`,
 * `[image 2]`, …, its place among the images.
 */
export function withoutPlaces(question: string): string {
  let image = 0;
  const rest = question.replace(/^(?:\s*<image>)+\s*/, (places) => {
    image = places.split("<image>").length - 1;
    return "";
  });
  return rest.replaceAll("<image>", () => `[image ${++image}]`);
}
