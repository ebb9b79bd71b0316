//! The proxy to download through, read from the environment as curl does.
//!
//! `https_proxy` or `http_proxy`, depending on the URL's scheme, or else `all_proxy`, each in lower
//! or upper case; none for the hosts in `no_proxy`, which include their subdomains.

use ureq::Proxy;
use ureq::http::Uri;

/// The proxy for a URL, if any.
///
/// # Errors
/// Names the variable whose value is not a proxy's address.
pub fn of(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, String> {
    let either = |name: &str| {
        let value = variable(name).or_else(|| variable(&name.to_uppercase()));
        value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let Ok(uri) = url.parse::<Uri>() else { return Ok(None) };
    let host = uri.host().unwrap_or_default().to_lowercase();
    if either("no_proxy").is_some_and(|list| excepts(&list, &host)) {
        return Ok(None);
    }
    let own = if uri.scheme_str() == Some("https") { "https_proxy" } else { "http_proxy" };
    let Some((name, value)) =
        [own, "all_proxy"].iter().find_map(|name| Some((*name, either(name)?)))
    else {
        return Ok(None);
    };
    let no_proxy = |_| format!("{name} is not the address of a proxy (http://HOST:PORT)");
    Proxy::new(&value).map(Some).map_err(no_proxy)
}

/// Whether a comma-separated list of hosts contains this one, or a domain it belongs to.
fn excepts(list: &str, host: &str) -> bool {
    list.split(',').map(|entry| entry.trim().to_lowercase()).any(|entry| {
        let entry = entry.trim_start_matches("*.").trim_start_matches('.');
        let in_domain = host.strip_suffix(entry).is_some_and(|start| start.ends_with('.'));
        !entry.is_empty() && (entry == "*" || host == entry || in_domain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host and port of the proxy for an address.
    fn proxy(url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let at = |proxy: Proxy| format!("{}:{}", proxy.host(), proxy.port());
        Ok(of(url, variable)?.map(at))
    }

    #[test]
    fn the_variable_of_the_scheme_goes_before_all_proxy() {
        let both = [
            ("https_proxy", "http://a:1"),
            ("HTTP_PROXY", "http://b:2"),
            ("all_proxy", "http://c:3"),
        ];
        assert_eq!(proxy("https://x.org/f", &both), Ok(Some("a:1".into())));
        assert_eq!(proxy("http://x.org/f", &both), Ok(Some("b:2".into())));
        assert_eq!(proxy("https://x.org/f", &both[1..]), Ok(Some("c:3".into())));
        assert_eq!(proxy("https://x.org/f", &both[1..2]), Ok(None));
        assert_eq!(proxy("https://x.org/f", &[("https_proxy", "")]), Ok(None));
    }

    #[test]
    fn excepted_hosts_are_contacted_directly() {
        let list = " localhost, corp.lan,.example.org";
        for (host, is_excepted) in [
            ("localhost", true),
            ("corp.lan", true),
            ("mirror.corp.lan", true),
            ("www.example.org", true),
            ("evilcorp.lan", false),
            ("example.com", false),
        ] {
            let variables = [("http_proxy", "http://a:1"), ("no_proxy", list)];
            let found = proxy(&format!("http://{host}:8080/f"), &variables).unwrap();
            assert_eq!(found.is_none(), is_excepted, "{host}");
        }
        assert_eq!(
            proxy("http://x.org/", &[("http_proxy", "http://a:1"), ("no_proxy", "*")]),
            Ok(None)
        );
    }

    #[test]
    fn a_bad_proxy_address_is_named() {
        let error = proxy("http://x.org/f", &[("http_proxy", "ht!tp://")]).unwrap_err();
        assert!(error.contains("http_proxy is not the address of a proxy"), "{error}");
    }
}
