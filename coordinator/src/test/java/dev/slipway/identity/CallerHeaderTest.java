package dev.slipway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Metadata;
import org.junit.jupiter.api.Test;

class CallerHeaderTest {
  @Test
  void anotherCoordinatorReadsWhoCalls() throws Exception {
    Caller caller = new Caller(Principal.ANONYMOUS, "192.0.2.7");
    Metadata headers = new Metadata();

    Context.current().withValue(Caller.CURRENT, caller).run(() -> CallerHeader.write(headers));

    assertThat(CallerHeader.take(headers)).hasValue(caller);
    assertThat(headers.keys()).isEmpty();
  }
}
