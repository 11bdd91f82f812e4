//! Behind a front that ends TLS, and with a certificate nobody trusts.

use crate::smoke::{
    bench::Bench,
    front::{all_is_as_live, an_untrusted_certificate_fails},
};

#[tokio::test]
async fn behind_a_front_that_ends_tls_firefox_trusts_the_proxy_of_its_session() {
    all_is_as_live(Bench::firefox()).await;
}

#[tokio::test]
async fn a_certificate_firefox_does_not_trust_fails_in_words() {
    let code = "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT";
    an_untrusted_certificate_fails(Bench::firefox(), code).await;
}
