/** What a port needs to speak TLS, as PEM texts. */
export interface TlsMaterial {
  /** The server's certificate, and after it those between it and the authority. */
  readonly certificates: string;
  readonly key: string;
  /** Authorities of which clients must hold a certificate; undefined: clients need none. */
  readonly clientAuthorities: string | undefined;
}

/** The material as it is now, and word when there is another. */
export interface TlsSource {
  readonly current: TlsMaterial;
  /** Calls with each later material. What was agreed with a client before lives on. */
  onRenewed(listener: (material: TlsMaterial) => void): void;
}
