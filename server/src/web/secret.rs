//! Random secrets, and the hashes that are stored of them.

use crate::store::sessions::SecretHash;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// 32 random bytes as text; whoever holds it is somebody, so it is never logged or stored.
pub struct Secret(String);

impl Secret {
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> SecretHash {
        hash(&self.0)
    }
}

pub fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret).into()
}

/// 16 random bytes as text.
pub fn nonce() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}
