//! Where blobs are kept: a folder of this machine, or a bucket that several servers share.

use super::{
    ConfigError, DataConfig, Sources,
    data::existing_file,
    source::{shut, truth},
};
use serde::Deserialize;
use std::{
    fmt,
    path::{Path, PathBuf},
};
use url::Url;

#[derive(Debug, Clone)]
pub enum ObjectsConfig {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

/// Below a prefix of any store that speaks S3.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub name: String,
    /// Empty: the bucket's root.
    pub prefix: String,
    /// `None`: Amazon's own for the region.
    pub endpoint: Option<Url>,
    pub region: String,
    pub allow_http: bool,
    pub credentials: Credentials,
}

/// How we sign in there.
#[derive(Clone)]
pub enum Credentials {
    Keys(Keys),
    /// What the machine's surroundings lend for a while: `AWS_*` variables by name.
    Lent(Vec<(&'static str, String)>),
    /// The virtual machine's own role.
    Instance,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub access_key_id: String,
    pub secret_access_key: String,
    #[serde(default)]
    pub session_token: Option<String>,
}

/// Variables by which containers and clusters lend credentials.
const LENT: [&str; 6] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

impl ObjectsConfig {
    pub fn from_sources(sources: &Sources, data: &DataConfig) -> Result<Self, ConfigError> {
        let Some((name, prefix)) = sources.parsed("objects.url", bucket)? else {
            return Ok(Self::Folder(data.objects()));
        };
        let endpoint = sources.parsed("objects.endpoint", endpoint)?;
        let local = endpoint.as_ref().is_some_and(is_local);
        let allow_http = sources
            .parsed("objects.allow_http", truth)?
            .unwrap_or(local);
        if !allow_http && endpoint.as_ref().is_some_and(|url| url.scheme() == "http") {
            let why = "plain http would show every picture to the network; use https, or say objects.allow_http";
            return Err(sources.wrong("objects.endpoint", why));
        }
        Ok(Self::Bucket(Box::new(Bucket {
            name,
            prefix,
            endpoint,
            region: sources
                .parsed("objects.region", |text| Ok(text.to_owned()))?
                .unwrap_or_else(|| "us-east-1".to_owned()),
            allow_http,
            credentials: credentials(sources)?,
        })))
    }

    pub fn for_testing(folder: &Path) -> Self {
        Self::Folder(folder.join("objects"))
    }
}

/// `s3://bucket/prefix`
fn bucket(text: &str) -> Result<(String, String), String> {
    let wrong =
        |why: &str| format!("`{text}` is no place for objects ({why}); write s3://BUCKET/PREFIX");
    // whatever is in it, it is not repeated
    let url = Url::parse(text)
        .map_err(|error| format!("it is no address: {error}; write s3://BUCKET/PREFIX"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it holds credentials; they belong into the environment or into objects.credentials"
                .to_owned(),
        );
    }
    if url.scheme() != "s3" {
        return Err(wrong("it does not begin with s3://"));
    }
    let name = url.host_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| wrong("it names no bucket"))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("nothing may come after the prefix"));
    }
    Ok((name.to_owned(), url.path().trim_matches('/').to_owned()))
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it holds credentials; they belong into the environment or into objects.credentials"
                .to_owned(),
        );
    }
    match url.scheme() {
        "http" | "https" if url.host().is_some() => Ok(url),
        other => Err(format!("`{other}` is neither http nor https")),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn credentials(sources: &Sources) -> Result<Credentials, ConfigError> {
    if sources
        .get("objects.credentials")
        .is_some_and(|given| given.text == "instance")
    {
        return Ok(Credentials::Instance);
    }
    if let Some(keys) = sources.parsed("objects.credentials", keys)? {
        return Ok(Credentials::Keys(keys));
    }
    let set = |name| sources.surrounding(name).map(str::to_owned);
    match (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key_id), Some(secret_access_key)) => {
            return Ok(Credentials::Keys(Keys {
                access_key_id,
                secret_access_key,
                session_token: set("AWS_SESSION_TOKEN"),
            }));
        }
        (Some(_), None) | (None, Some(_)) => {
            let why = "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set";
            return Err(sources.wrong("objects.url", why));
        }
        (None, None) => {}
    }
    let lent: Vec<_> = LENT
        .into_iter()
        .filter_map(|name| Some((name, set(name)?)))
        .collect();
    if lent.is_empty() {
        let why = "nobody says how to sign in there; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file with objects.credentials";
        return Err(sources.wrong("objects.url", why));
    }
    Ok(Credentials::Lent(lent))
}

/// A file that only its owner can read. No error repeats what is in it.
fn keys(text: &str) -> Result<Keys, String> {
    let path = existing_file(text)?;
    shut(&path)?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    toml::from_str(&text).map_err(|_| {
        format!("{} must hold access_key_id, secret_access_key and, if there is one, session_token, each as NAME = \"TEXT\"", path.display())
    })
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keys(_) => "Keys(..)",
            Self::Lent(_) => "Lent(..)",
            Self::Instance => "Instance",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

    fn load(pairs: &[(&str, &str)]) -> Result<ObjectsConfig, String> {
        let environment: BTreeMap<_, _> = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let sources = Sources::merge(BTreeMap::new(), &environment, None).unwrap();
        let data = DataConfig::for_testing(Path::new("/data"));
        ObjectsConfig::from_sources(&sources, &data).map_err(|error| error.to_string())
    }

    const URL: (&str, &str) = ("PITLANE_OBJECTS_URL", "s3://proofs/pitlane/one/");
    const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKHUNTER2");
    const KEY: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "hunter2");

    #[test]
    fn without_an_address_blobs_lie_in_the_data_folder() {
        let ObjectsConfig::Folder(folder) = load(&[]).unwrap() else {
            panic!("a folder")
        };
        assert_eq!(folder, Path::new("/data/objects"));
    }

    #[test]
    fn an_address_names_bucket_and_prefix_and_the_environment_signs_in() {
        let ObjectsConfig::Bucket(bucket) = load(&[URL, ID, KEY]).unwrap() else {
            panic!("a bucket")
        };
        assert_eq!((&*bucket.name, &*bucket.prefix), ("proofs", "pitlane/one"));
        assert!(!bucket.allow_http && !format!("{bucket:?}").contains("unter2"));
    }

    #[test]
    fn what_cannot_be_is_named_and_no_secret_repeated() {
        let endpoint = |url| ("PITLANE_OBJECTS_ENDPOINT", url);
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[URL], "nobody says how to sign in"),
            (&[URL, ID], "only one is set"),
            (
                &[("PITLANE_OBJECTS_URL", "https://x/y")],
                "does not begin with s3://",
            ),
            (&[("PITLANE_OBJECTS_URL", "s3:///y")], "names no bucket"),
            (
                &[("PITLANE_OBJECTS_URL", "s3://AK:hunter2@b/y")],
                "holds credentials",
            ),
            (
                &[URL, ID, KEY, endpoint("http://10.0.0.1:9000")],
                "plain http",
            ),
            (
                &[URL, ID, KEY, endpoint("ftp://x")],
                "`ftp` is neither http nor https",
            ),
            (
                &[URL, ID, KEY, endpoint("https://AK:hunter2@x")],
                "holds credentials",
            ),
        ];
        for (pairs, words) in cases {
            let error = load(pairs).unwrap_err();
            assert!(error.contains(words), "{error}\nshould say\n{words}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(load(&[URL, ID, KEY, endpoint("http://127.0.0.1:9000")]).is_ok());
    }

    #[test]
    fn a_file_of_credentials_is_readable_by_its_owner_alone_and_never_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        std::fs::write(
            &path,
            "access_key_id = \"a\"\nsecret_access_key = \"hunter2\"\n",
        )
        .unwrap();
        let named = ("PITLANE_OBJECTS_CREDENTIALS", path.to_str().unwrap());
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o644);
        assert!(load(&[URL, named]).unwrap_err().contains("0600"));
        mode(0o600);
        assert!(load(&[URL, named]).is_ok());
        std::fs::write(&path, "secret = \"hunter2\"\n").unwrap();
        let error = load(&[URL, named]).unwrap_err();
        assert!(
            error.contains("access_key_id") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
