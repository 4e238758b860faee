package dev.slipway.frontend.dockerfile.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "https://host/x.git,            https, host,    https://host/x.git",
    "https://u:p@host:8/x.git#a,    https, host:8,  https://u:p@host:8/x.git",
    "http://host/x.git?ref=a,       http,  host,    http://host/x.git",
    "git://host/x,                  git,   host,    git://host/x",
    "ssh://git@host:22/x#a:b,       ssh,   host:22, ssh://git@host:22/x",
    "git@host:o/x.git#a,            ssh,   host,    git@host:o/x.git",
    "github.com/o/x#a,              https, github.com, https://github.com/o/x",
  })
  void knowsRepositories(String text, String scheme, String host, String remote) throws Exception {
    GitReference git = GitReference.parse(text).orElseThrow();

    assertThat(git.scheme()).isEqualTo(scheme);
    assertThat(git.host()).isEqualTo(host);
    assertThat(git.remote()).isEqualTo(remote);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "./x.git",
        "../x",
        "https://host/x",
        "https://host/x.git.html",
        "ftp://h/x.git"
      })
  void takesNothingElseForOne(String text) throws Exception {
    assertThat(GitReference.parse(text)).isEmpty();
  }

  @Test
  void readsWhatIsWanted() throws Exception {
    assertThat(GitReference.parse("https://h/x.git#main:a/../b/").orElseThrow().options())
        .isEqualTo(options("main", "b", ""));
    assertThat(
            GitReference.parse("https://h/x.git?tag=v1&subdir=b&commit=abc")
                .orElseThrow()
                .options())
        .isEqualTo(options("refs/tags/v1", "b", "abc"));
    assertThat(
            GitReference.parse(
                    "https://h/x.git?branch=refs/heads/m&submodules=0&keep-git-dir&fetch-by-commit&mtime=commit")
                .orElseThrow()
                .options())
        .isEqualTo(
            new GitReference.Options(
                "refs/heads/m", "", "", Optional.of(true), Optional.of(false), "commit", true));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ref=              | query "ref" has no value
          ref=a&ref=b       | query "ref" has multiple values
          tag=a&branch=b    | branch conflicts with tag
          ref=a&tag=b       | ref conflicts: "a" vs "refs/tags/b"
          mtime=now         | invalid mtime value: "now" (must be "checkout" or "commit")
          submodules=maybe  | invalid submodules value: "maybe"
          """)
  void refusesQueriesThatSayNothingKnown(String query, String message) {
    assertThatThrownBy(() -> GitReference.parse("https://h/x.git?" + query)).hasMessage(message);
  }

  private static GitReference.Options options(String reference, String directory, String checksum) {
    return new GitReference.Options(
        reference, directory, checksum, Optional.empty(), Optional.empty(), "", false);
  }
}
