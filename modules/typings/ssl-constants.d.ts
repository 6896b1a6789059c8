// The SDK's numbers for modes of encryption.

export const GCM: number;
