// The SDK's records: what is authenticated beside their content.

declare const record: {
	readonly tlsCipherText: {
		aeadAdditionalData(sequence: bigint, type: number, version: number, length: number): ArrayBuffer;
		calculateMac(
			hmac: object,
			sequence: bigint,
			type: number,
			version: number,
			content: Uint8Array,
		): ArrayBuffer | Uint8Array;
	};
};
export default record;
