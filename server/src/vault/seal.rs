//! Pure: a secret's value to what is stored of it, and back. What is stored is bound to its environment and its name, so
//! that nobody who can write the database puts one secret in another's place.

use super::key::{Key, KeyId, Keys};
use app::model::{ids::EnvironmentId, values::ValueName};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

/// As it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub key: KeyId,
    pub nonce: [u8; 24],
    pub ciphertext: Vec<u8>,
}

/// Where a secret belongs.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'a> {
    pub environment: EnvironmentId,
    pub name: &'a ValueName,
}

/// Why a stored secret cannot be opened, a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    #[error("it was encrypted with the key {sealed}, and this server has none")]
    NoKey { sealed: KeyId },
    #[error("it was encrypted with the key {sealed}, and this server has {}", list(.has))]
    OtherKey { sealed: KeyId, has: Vec<KeyId> },
    #[error("what is stored of it was changed by somebody without the key")]
    Changed,
}

fn list(ids: &[KeyId]) -> String {
    let ids: Vec<_> = ids.iter().map(KeyId::as_str).collect();
    ids.join(", ")
}

impl Slot<'_> {
    /// No two slots are spelled alike: the id has a fixed length.
    fn spelled(&self) -> Vec<u8> {
        let mut bytes = b"pitlane secret 1\0".to_vec();
        bytes.extend(self.environment.0.as_bytes());
        bytes.extend(self.name.as_str().as_bytes());
        bytes
    }
}

pub fn seal(key: &Key, slot: Slot<'_>, value: &str) -> Sealed {
    let nonce: [u8; 24] = rand::random();
    let payload = Payload {
        msg: value.as_bytes(),
        aad: &slot.spelled(),
    };
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a value is far shorter than what the cipher takes");
    Sealed {
        key: key.id(),
        nonce,
        ciphertext,
    }
}

/// `keys`: `None` where this server has none.
pub fn open(keys: Option<&Keys>, slot: Slot<'_>, sealed: &Sealed) -> Result<String, Locked> {
    let keys = keys.ok_or_else(|| Locked::NoKey {
        sealed: sealed.key.clone(),
    })?;
    let key = keys.find(&sealed.key).ok_or_else(|| Locked::OtherKey {
        sealed: sealed.key.clone(),
        has: keys.ids().collect(),
    })?;
    let payload = Payload {
        msg: &sealed.ciphertext,
        aad: &slot.spelled(),
    };
    let value = cipher(key)
        .decrypt(&XNonce::from(sealed.nonce), payload)
        .map_err(|_| Locked::Changed)?;
    String::from_utf8(value).map_err(|_| Locked::Changed)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "open sesame";

    fn name(text: &str) -> ValueName {
        text.parse().unwrap()
    }

    #[test]
    fn a_secret_comes_back_from_its_own_slot_only() {
        let key = Key::random();
        let keys = Keys::one(key.clone());
        let (environment, other) = (EnvironmentId::generate(), EnvironmentId::generate());
        let (a, b) = (name("shop_password"), name("other"));
        let slot = |environment, name| Slot { environment, name };
        let sealed = seal(&key, slot(environment, &a), VALUE);
        assert_eq!(
            open(Some(&keys), slot(environment, &a), &sealed).unwrap(),
            VALUE
        );
        for moved in [slot(environment, &b), slot(other, &a)] {
            assert_eq!(open(Some(&keys), moved, &sealed), Err(Locked::Changed));
        }
    }

    #[test]
    fn the_same_value_is_never_stored_alike() {
        let (key, environment, name) = (Key::random(), EnvironmentId::generate(), name("a"));
        let slot = Slot {
            environment,
            name: &name,
        };
        let (one, two) = (seal(&key, slot, VALUE), seal(&key, slot, VALUE));
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.ciphertext, two.ciphertext);
        let stored = String::from_utf8_lossy(&one.ciphertext).into_owned();
        assert!(!stored.contains("sesame"));
    }

    #[test]
    fn a_changed_byte_is_found_wherever_it_is() {
        let (key, environment, name) = (Key::random(), EnvironmentId::generate(), name("a"));
        let keys = Keys::one(key.clone());
        let slot = Slot {
            environment,
            name: &name,
        };
        let sealed = seal(&key, slot, VALUE);
        for at in 0..sealed.ciphertext.len() {
            let mut changed = sealed.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(open(Some(&keys), slot, &changed), Err(Locked::Changed));
        }
        let mut changed = sealed.clone();
        changed.nonce[0] ^= 1;
        assert_eq!(open(Some(&keys), slot, &changed), Err(Locked::Changed));
        let mut short = sealed;
        short.ciphertext.truncate(3);
        assert_eq!(open(Some(&keys), slot, &short), Err(Locked::Changed));
    }

    #[test]
    fn a_wrong_key_is_told_by_both_ids_and_an_old_one_still_opens() {
        let (old, new) = (Key::random(), Key::random());
        let (environment, name) = (EnvironmentId::generate(), name("a"));
        let slot = Slot {
            environment,
            name: &name,
        };
        let sealed = seal(&old, slot, VALUE);
        let refused = open(Some(&Keys::one(new.clone())), slot, &sealed).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "it was encrypted with the key {}, and this server has {}",
                old.id(),
                new.id()
            )
        );
        assert!(matches!(
            open(None, slot, &sealed),
            Err(Locked::NoKey { .. })
        ));
        let hex = |key: &Key| hex::encode(key.bytes());
        let both = Keys::parse("here", &format!("{}\n{}", hex(&new), hex(&old))).unwrap();
        assert_eq!(open(Some(&both), slot, &sealed).unwrap(), VALUE);
    }
}
