//! Errors and diagnostics as people see them.

use snapbox::{assert_data_eq, str};

use super::*;
use crate::{
    diagnostic::Diagnostic,
    render::{snippet, text},
};

#[test]
fn an_error_has_causes_and_hints() {
    let causes = ["connecting to https://10.0.0.1:6443", "connection refused (os error 111)"].map(String::from);
    let hints =
        ["is the VPN up? ask with `kubectl cluster-info`, or try it without a cluster: `ditc plan jakub --sandbox`"
            .to_owned()];
    let shown = |style| text::error("reading the kinds of cluster staging", &causes, &hints, style);
    assert_data_eq!(
        shown(PLAIN),
        str![[r#"
error: reading the kinds of cluster staging
  caused by: connecting to https://10.0.0.1:6443
  caused by: connection refused (os error 111)
  hint: is the VPN up? ask with `kubectl cluster-info`, or try it without a
    cluster: `ditc plan jakub --sandbox`

"#]]
    );
    assert_data_eq!(
        visible(&shown(COLOUR)),
        str![[r#"
<1><31>error:</> reading the kinds of cluster staging
  <1>caused by:</> connecting to https://10.0.0.1:6443
  <1>caused by:</> connection refused (os error 111)
  <1><36>hint:</> is the VPN up? ask with `kubectl cluster-info`, or try it without a
    cluster: `ditc plan jakub --sandbox`

"#]]
    );
    assert_data_eq!(
        text::error("unexpected argument\n\nUsage: ditc plan ENV", &[], &[], PLAIN),
        str![[r#"
error: unexpected argument

Usage: ditc plan ENV

"#]]
    );
}

#[test]
fn log_lines_stay_lines() {
    let causes = ["the last lines of its log:\nTraceback:\n  File \"x.py\"\n\u{7}KeyError\n".to_owned()];
    assert_data_eq!(
        text::error("orders crashed", &causes, &[], PLAIN),
        str![[r#"
error: orders crashed
  caused by: the last lines of its log:
    Traceback:
      File "x.py"
    /u{7}KeyError

"#]]
    );
}

/// Two files with three mistakes.
pub(super) fn mistakes() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let text = "[services.orders]\nmodule = \"orders\"\ninputs = { replica = 2 }\n# ä\u{1b}[31m\ntag = \"v2\n";
    let environment = sources.add("environments/jakub.toml", text);
    let module = sources.add("modules/orders/module.toml", "[inputs.replicas]\ntype = \"integer\"\n");
    let at = |word: &str| {
        let start = text.find(word).unwrap();
        Span::new(environment, start..start + word.len())
    };
    let list = vec![
        Diagnostic::new("unknown input")
            .at(at("replica"), "not an input of module `orders`")
            .related(at("\"orders\""), "this module")
            .related(Span::new(module, 1..16), "it takes this one")
            .detail("module `orders` has no input `replica`; it takes `image`, `replicas`")
            .help("did you mean `replicas`?"),
        Diagnostic::new("string without end").at(at("\"v2"), "it starts here"),
        Diagnostic::new("no such environment")
            .detail("there is no file environments/jakob.toml")
            .help("environments here: `jakub`")
            .help("did you mean `jakub`?"),
    ];
    (sources, list)
}

#[test]
fn mistakes_are_drawn_under_their_lines() {
    let (sources, list) = mistakes();
    assert_data_eq!(
        snippet::diagnostics(&list, &sources, PLAIN),
        str![[r#"
error: unknown input
 --> environments/jakub.toml:3:12
  |
2 | module = "orders"
  |          -------- this module
3 | inputs = { replica = 2 }
  |            ^^^^^^^ not an input of module `orders`
  |
 ::: modules/orders/module.toml:1:2
  |
1 | [inputs.replicas]
  |  --------------- it takes this one
  |
  = note: module `orders` has no input `replica`; it takes `image`, `replicas`
  = help: did you mean `replicas`?

error: string without end
 --> environments/jakub.toml:5:7
  |
5 | tag = "v2
  |       ^^^ it starts here

error: no such environment
 = note: there is no file environments/jakob.toml
 = help: environments here: `jakub`
 = help: did you mean `jakub`?

3 errors

"#]]
    );
    assert_data_eq!(
        visible(&snippet::diagnostics(&list[1..2], &sources, COLOUR)),
        str![[r#"
<1><91>error</><1>: string without end</>
 <1><94>--> </>environments/jakub.toml:5:7
  <1><94>|</>
<1><94>5</> <1><94>|</> tag = "v2
  <1><94>|</>       <1><91>^^^</> <1><91>it starts here</>

<1><31>1 error</>

"#]]
    );
}

#[test]
fn spans_outside_of_the_text_do_no_harm() {
    let mut sources = Sources::default();
    let empty = sources.add("environments/a.toml", "");
    let text = sources.add("environments/b.toml", "ä = 1");
    for span in [Span::new(empty, 0..0), Span::new(empty, 5..9), Span::new(text, 1..3), Span::new(text, 6..99)] {
        let drawn = snippet::diagnostics(&[Diagnostic::new("empty").at(span, "here")], &sources, PLAIN);
        assert!(drawn.contains("environments/"), "{drawn}");
    }
}
