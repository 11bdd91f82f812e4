//! The key with which we end TLS for browsers.
//!
//! Made anew at every start of the server and never written down. A browser is told to trust just this key, so that
//! nothing else it meets is trusted more than on anybody's machine. One that takes no key but only authorities gets one
//! of the session's own, which has signed this certificate and, its key being forgotten, will sign no other.

use app::model::smoke::Leads;
use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PublicKeyData,
};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::smoke::{BrowserTrouble, Target};

// browsers are started before it is known which node or suite they will serve, so all of them trust one key
static KEY: LazyLock<Result<KeyPair, rcgen::Error>> = LazyLock::new(KeyPair::generate);

/// What a browser is told to trust: the hash of our key, as `--ignore-certificate-errors-spki-list` takes it.
pub fn pin() -> Result<String, BrowserTrouble> {
    let key = key()?;
    Ok(BASE64_STANDARD.encode(Sha256::digest(key.subject_public_key_info())))
}

/// Ends TLS for the public host of `target` and all that lead to its node; with the authority that vouches for it, DER
/// in base64.
pub fn acceptor(target: &Target) -> Result<(TlsAcceptor, String), BrowserTrouble> {
    let key = key()?;
    let others = target
        .hosts
        .iter()
        .filter(|rule| rule.leads == Leads::SameNode)
        .map(|rule| rule.host.clone());
    let names: Vec<String> = [target.public_host().to_owned()]
        .into_iter()
        .chain(others)
        .collect();
    let authority = authority().map_err(unmade)?;
    let certificate = CertificateParams::new(names)
        .and_then(|wishes| wishes.signed_by(key, &authority))
        .map_err(unmade)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            config
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], private)
        })
        .map_err(unmade)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let authority = BASE64_STANDARD.encode(authority.as_ref().der());
    Ok((TlsAcceptor::from(Arc::new(config)), authority))
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut wishes = CertificateParams::default();
    wishes.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    wishes.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let name = "Pitlane, for one browser session";
    wishes.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(wishes, KeyPair::generate()?)
}

fn key() -> Result<&'static KeyPair, BrowserTrouble> {
    KEY.as_ref().map_err(unmade)
}

fn unmade(error: impl ToString) -> BrowserTrouble {
    BrowserTrouble::new("the certificate of the browser's proxy could not be made").because(error)
}
