package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A class that a user brings along, through a class loader of its own. */
class UserClassTest {
  private static final ClassDesc COUNTER = ClassDesc.of("com.acme.Counter");

  @Test
  void isTransformedToo(@TempDir Path classes) throws IOException, ReflectiveOperationException {
    ClassFile.of()
        .buildTo(
            Files.createDirectories(classes.resolve("com/acme")).resolve("Counter.class"),
            COUNTER,
            builder ->
                builder
                    .withInterfaceSymbols(ClassDesc.of("java.lang.Runnable"))
                    .withField("count", ConstantDescs.CD_int, ClassFile.ACC_PRIVATE)
                    .withMethodBody(
                        ConstantDescs.INIT_NAME,
                        ConstantDescs.MTD_void,
                        ClassFile.ACC_PUBLIC,
                        code ->
                            code.aload(0)
                                .invokespecial(
                                    ConstantDescs.CD_Object,
                                    ConstantDescs.INIT_NAME,
                                    ConstantDescs.MTD_void)
                                .return_())
                    .withMethodBody(
                        "run",
                        ConstantDescs.MTD_void,
                        ClassFile.ACC_PUBLIC,
                        code ->
                            code.lineNumber(12)
                                .aload(0)
                                .iconst_1()
                                .putfield(COUNTER, "count", ConstantDescs.CD_int)
                                .return_()));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      Runnable counter =
          (Runnable) loader.loadClass("com.acme.Counter").getConstructor().newInstance();
      List<Race> races = Turns.of(2, turns -> turns.run(0, counter).run(1, counter));
      assertThat(races)
          .extracting(race -> race.variable() + " at " + race.later().place())
          .containsExactly("Counter.count at Counter.run:12");
    }
  }
}
