import { useState } from "react";
import type { SamplePage } from "../../../src/view/protocol.ts";
import { imageAddress } from "../server.ts";

/** A small picture is drawn with hard pixels, up to this many of the screen's to one of its own. */
const SMALL = 160;

/** The images of a sample as the dataset holds them; one that cannot be shown says so. */
export function SampleImages(props: { readonly run: number; readonly page: SamplePage }): React.ReactNode {
  const { run, page } = props;
  return (
    <div className="images">
      {page.images.map(({ width, height, mediaType }, at) => (
        <OneImage
          // biome-ignore lint/suspicious/noArrayIndexKey: images are named by their place
          key={`${page.id} ${at}`}
          address={imageAddress(run, page.id, at)}
          width={width}
          height={height}
          label={`Image ${at + 1} of ${page.images.length}: ${width} × ${height} pixels, ${mediaType}`}
        />
      ))}
    </div>
  );
}

function OneImage(props: {
  readonly address: string;
  readonly width: number;
  readonly height: number;
  readonly label: string;
}): React.ReactNode {
  const { address, width, height, label } = props;
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <p className="broken-image">
        This image cannot be shown here. <span className="muted">{label}</span> <a href={address}>Save it</a>
      </p>
    );
  }
  const small = Math.max(width, height) <= SMALL;
  const scale = small ? Math.max(1, Math.floor((2 * SMALL) / Math.max(width, height))) : 1;
  return (
    <a href={address}>
      <img
        src={address}
        alt={label}
        title={label}
        width={width * scale}
        height={height * scale}
        className={small ? "small-image" : ""}
        onError={() => setBroken(true)}
      />
    </a>
  );
}
