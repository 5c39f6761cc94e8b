import { WinnowError } from "../errors.ts";
import { isCommit } from "./cache.ts";
import { loadHubLibrary } from "./load-hub-library.ts";

/** The commit that a revision of a dataset is at now. Throws `HubError` when there is no such dataset or revision. */
export async function resolveCommit(hub: {
  readonly repo: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly fetch: typeof fetch;
}): Promise<string> {
  const { datasetInfo } = await loadHubLibrary();
  const { sha } = await datasetInfo({
    name: hub.repo,
    revision: hub.revision,
    additionalFields: ["sha"],
    hubUrl: hub.endpoint,
    fetch: hub.fetch,
  });
  if (isCommit(sha)) return sha;
  throw new WinnowError("input", `hf://datasets/${hub.repo}: expected the hub to name a commit; found ${typeof sha}.`);
}
