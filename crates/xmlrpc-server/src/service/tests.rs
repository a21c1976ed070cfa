//! Tests of the service's page and figures.

use super::*;

#[test]
fn the_page_documents_functions_and_the_servers_own_methods() {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n).unwrap();
    service.help("cuad", "The square of <n>.").unwrap();
    let page = service.page();
    assert!(page.contains("<code>cuad</code>"), "{page}");
    assert!(page.contains("(int) → int"), "{page}");
    assert!(page.contains("The square of &lt;n&gt;."), "{page}");
    assert!(page.contains("<code>system.multicall</code>"), "{page}");
}

#[test]
fn the_figures_count_calls_and_faults() {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n).unwrap();
    for params in [vec![], vec![7, 8], vec![7]] {
        let params = params.into_iter().map(Value::Int).collect();
        service.run(MethodCall::new("cuad", params));
    }
    let text = service.metrics();
    for line in [
        "xmlrpc_calls_total 3",
        "xmlrpc_faults_total 2",
        "xmlrpc_workers_busy 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
}
