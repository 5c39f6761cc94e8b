/** The bytes are no tar that is read: what was expected and found, and where. */
export class MalformedTar extends Error {
  override readonly name = "MalformedTar";
}
