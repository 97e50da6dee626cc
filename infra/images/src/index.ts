export { type BuiltImage, buildImage, IMAGES, type ImageTarget, imageName } from './build-image.ts';
export { dockerBuild, whyNoDocker } from './docker-build.ts';
