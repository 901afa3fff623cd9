// The custom loader of next/image: `images: { loader: "custom", loaderFile: "./next-loader.mjs" }` in next.config.js.
// The source of a picture is {creator}/{drop}/{file}.
export default function loader({ src, width, quality }) {
  return `/img/width=${width},quality=${quality ?? 75},format=auto/${src}`;
}
