//! Images that cannot be, told before anybody waits for them.

use super::*;

fn service(image: &str) -> String {
    format!("//- environments/demo.toml\n[services.web]\nimage = \"{image}\"\n")
}

#[test]
fn names_that_no_registry_takes_are_told_with_what_to_write() {
    for (image, way) in [
        ("nginx:", "write a tag behind the `:`, or leave the `:` out"),
        (":1.27", "write what is before the tag: `image = \"repository:1.27\"`"),
        ("Traefik/Whoami:V1", "repositories have lower-case names: `traefik/whoami:V1`"),
        ("nginx: 1.27", "without spaces: `nginx:1.27`"),
        ("https://ghcr.io/a/b:c", "leave the scheme out: `registry/repository:tag`"),
        ("nginx@sha256:12", "names look like `registry/repository:tag` or `repository@sha256:…`"),
    ] {
        let told = format!(
            "modules/service/service.yaml (built in):28:1: not an image · rendered from here\n  environments/demo.toml:1:11: \
             asked for here\n  container `web` is to run `{image}`, which is the name of no image\n  help: {way}\n"
        );
        check(&service(image), told);
    }
    for image in ["nginx", "ghcr.io/kooba/orders:dev", "localhost:5000/a:B_1"] {
        check(&service(image), str![[""]]);
    }
}
