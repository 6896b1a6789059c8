/** Operations that may be in progress at once; further ones stay pending in the cloud. At most 4. */
export const CAPACITY = 4;
