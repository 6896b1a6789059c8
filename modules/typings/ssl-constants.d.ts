// The SDK's numbers for modes of encryption and ways to exchange keys.

export const GCM: number;
export const RSA: number;
export const DHE_RSA: number;
export const ECDHE_RSA: number;
