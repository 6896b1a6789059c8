// Likewise for its reader of private keys.

declare const PKCS8: {
	parse(der: Uint8Array): object;
};
export default PKCS8;
