//! The page of the contract.

use http::Method;

use crate::served::{Answer, Ask, Served};

async fn get(served: &Served, path: &str) -> Answer {
    served.ask(Ask::new(Method::GET, path)).await
}

/// The values of an attribute, anywhere in the page.
fn attribute<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let begin = format!(" {name}=\"");
    page.split(&begin)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[tokio::test]
async fn the_page_may_load_only_its_own_two_files() {
    let served = Served::start().await;
    let page = get(&served, "/docs").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    assert_eq!(page.header("content-security-policy"), policy);
    assert_eq!(page.header("cache-control"), "no-store");

    let sources = attribute(&page.body, "src");
    let [script] = sources.as_slice() else {
        panic!("{sources:?}")
    };
    let links: Vec<_> = attribute(&page.body, "href");
    let style = links.iter().find(|link| link.ends_with(".css")).unwrap();
    for (path, media_type) in [
        (script, "text/javascript; charset=utf-8"),
        (style, "text/css; charset=utf-8"),
    ] {
        let file = get(&served, path).await;
        assert_eq!((file.status, file.header("content-type")), (200, media_type));
        assert_eq!(
            file.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        for outside in ["http:", "https:", "@import", "url("] {
            assert!(!file.body.contains(outside), "{path}: {outside}");
        }
    }
    for link in links {
        let inside = link.starts_with('#') || link.starts_with('/') || link == "data:,";
        assert!(inside, "{link}");
    }
}

#[tokio::test]
async fn no_script_and_no_style_stands_in_the_page() {
    let served = Served::start().await;
    let page = get(&served, "/docs").await.body;
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("defer=\"\"></script>"));
    assert!(!page.contains("<style") && !page.contains(" style="));
    assert!(!page.contains(" onclick=") && !page.contains(" onload=") && !page.contains("javascript:"));
}

#[tokio::test]
async fn all_of_the_contract_can_be_read_without_the_script() {
    let served = Served::start().await;
    let page = get(&served, "/docs").await.body;
    let document = get(&served, "/openapi.json").await.json();
    let mut anchors = attribute(&page, "id");
    for (path, item) in document["paths"].as_object().unwrap() {
        let shown = path.replace('/', "/<wbr>");
        assert!(page.contains(&shown), "{path}");
        for operation in item.as_object().unwrap().values() {
            let summary = operation["summary"].as_str().unwrap().replace('\'', "&#39;");
            assert!(page.contains(&summary), "{summary}");
        }
    }
    for schema in ["Session", "Receipt", "Pair", "Account"] {
        let fields = document["components"]["schemas"][schema]["properties"]
            .as_object()
            .unwrap();
        for field in fields.keys() {
            assert!(
                page.contains(&format!("<code class=\"name\">{field}</code>")),
                "{schema}: {field}"
            );
        }
    }
    // Each link inside the page leads somewhere, and no name is there twice.
    anchors.sort_unstable();
    let twice: Vec<_> = anchors.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
    for link in attribute(&page, "href").into_iter().filter(|link| link.len() > 1) {
        if let Some(anchor) = link.strip_prefix('#') {
            assert!(anchors.binary_search(&anchor).is_ok(), "{link}");
        }
    }
}

#[tokio::test]
async fn what_needs_the_script_is_hidden_until_it_runs() {
    let served = Served::start().await;
    let page = get(&served, "/docs").await.body;
    let hidden = |tag: &str| {
        page.split(tag)
            .skip(1)
            .all(|rest| rest.split('>').next().unwrap().contains("hidden"))
    };
    assert!(hidden("<form ") && hidden("<input type=\"search\"") && hidden("<input type=\"password\""));
    assert!(page.matches("<form ").count() > 30);
}

#[tokio::test]
async fn a_file_of_another_name_is_not_found() {
    let served = Served::start().await;
    for name in [
        "viewer.js",
        "viewer-0000000000000000.js",
        "..%2Fviewer.js",
        "%ff",
        "x",
    ] {
        let answer = get(&served, &format!("/docs/{name}")).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{name}");
    }
}
