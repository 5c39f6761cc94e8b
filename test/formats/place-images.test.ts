import { expect, test } from "vitest";
import { placeImages } from "../../src/formats/place-images.ts";

test.each([
  ["a question without placeholders gets the images in front", "What?", 2, "<image>\n<image>\nWhat?"],
  ["placeholders that match stay where they are", "A <image> b <image>", 2, "A <image> b <image>"],
  ["numbered tags in order, one per image, become placeholders", "A <image1> b <image 2>", 2, "A <image> b <image>"],
  [
    "numbered tags over one merged picture become names",
    "Which?\n<image1>\n<image2>",
    1,
    "<image>\nWhich?\n[image1]\n[image2]",
  ],
  ["numbered tags beside a placeholder become names", "<image> of <image1>", 1, "<image> of [image1]"],
  ["numbered tags out of order become names", "<image2> <image1>", 2, "<image>\n<image>\n[image2] [image1]"],
])("%s", (_title, question, images, placed) => {
  expect(placeImages(question, images)).toBe(placed);
});

test("a count that differs is a rejection with both numbers", () => {
  expect(() => placeImages("<image><image>", 1)).toThrow("found 2 in the question and 1 image");
});
