package dev.gnomon.machine.x86.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What bytes mean, by the manuals; in 16-, 32- and 64-bit code. */
class DecoderTest {
  private static final long RIP = 0x1000;
  private static final String[] REGISTERS_8 = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
  private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};

  private final Decoder decoder = new Decoder();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # 64-bit code: bytes, and what they say
          8 | 90                          | NOP
          8 | f390                        | PAUSE
          8 | 4190                        | XCHG r8:4 rax:4
          8 | 4889d8                      | MOV rax:8 rbx:8
          8 | 6689d8                      | MOV rax:2 rbx:2
          8 | 88e3                        | MOV rbx:1 ah
          8 | 4088e3                      | MOV rbx:1 rsp:1
          8 | 48b88877665544332211        | MOV rax:8 1122334455667788:8
          8 | 48c7c0ffffffff              | MOV rax:8 ffffffffffffffff:8
          8 | 48a18877665544332211        | MOV rax:8 [ds:1122334455667788]:8
          8 | 67a044332211                | MOV rax:1 [ds:11223344]:1
          8 | 488b0510000000              | MOV rax:8 [ds:1017]:8
          8 | 48c7051000000005000000      | MOV [ds:101b]:8 5:8
          8 | 678b0510000000              | MOV rax:4 [ds:1017]:4
          8 | 498b44cd08                  | MOV rax:8 [ds:r13+rcx<<3+8]:8
          8 | 8b0425adde0000              | MOV rax:4 [ds:dead]:4
          8 | 8b04e4                      | MOV rax:4 [ss:rsp]:4
          8 | 468b44a500                  | MOV r8:4 [ss:rbp+r12<<2]:4
          8 | 648b4500                    | MOV rax:4 [fs:rbp]:4
          8 | 2e8b4500                    | MOV rax:4 [ss:rbp]:4
          8 | 55                          | PUSH rbp:8
          8 | 6655                        | PUSH rbp:2
          8 | 6aff                        | PUSH ffffffffffffffff:8
          8 | 68000000f0                  | PUSH fffffffff0000000:8
          8 | e8fbffffff                  | CALL ->1000
          8 | 66e8fbffffff                | CALL ->1001
          8 | ebfe                        | JMP ->1000
          8 | 0f84fa000000                | JCC ->1100
          8 | ff24c500000000              | JMP [ds:rax<<3]:8
          8 | c3                          | RET
          8 | 4863c1                      | MOVSX rax:8 rcx:4
          8 | 0fb6c4                      | MOVZX rax:4 ah
          8 | 480fb6c4                    | MOVZX rax:8 rsp:1
          8 | f00fc10b                    | XADD [ds:rbx]:4 rcx:4
          8 | 480fc70f                    | CMPXCHG8B [ds:rdi]:16
          8 | 0fc70f                      | CMPXCHG8B [ds:rdi]:8
          8 | 0f22d8                      | MOV_CR cr3:8 rax:8
          8 | 440f20c0                    | MOV_CR rax:8 cr8:8
          8 | 0f20bf                      | MOV_CR rdi:8 cr7:8
          8 | 0f01f8                      | SWAPGS
          8 | 0f0138                      | INVLPG [ds:rax]:0
          8 | 660f388208                  | INVPCID rcx:8 [ds:rax]:16
          8 | f30faec0                    | RDFSBASE rax:4
          8 | f3480faed8                  | WRGSBASE rax:8
          8 | 8ed8                        | MOV_SEG ds rax:2
          8 | f3a4                        | MOVS [es:rdi]:1 [ds:rsi]:1
          8 | 48ab                        | STOS [es:rdi]:8 rax:8
          8 | f30fbcc1                    | TZCNT rax:4 rcx:4
          8 | 0fbcc1                      | BSF rax:4 rcx:4
          8 | f2480f38f1c1                | CRC32 rax:8 rcx:8
          8 | 66f20f38f1c1                | CRC32 rax:4 rcx:2
          8 | 0f38f001                    | MOVBE rax:4 [ds:rcx]:4
          8 | c4e270f2c1                  | ANDN rax:4 rcx:4 rcx:4
          8 | c4e2f8f3c9                  | BLSR rax:8 rcx:8
          8 | c4e37bf0c105                | RORX rax:4 rcx:4 5:1
          8 | 660f6fc1                    | MOVDQA xmm0 xmm1
          8 | f3440f6f4110                | MOVDQU xmm8 [ds:rcx+10]:16
          8 | f20f1001                    | MOVSD xmm0 [ds:rcx]:8
          8 | 66480f6ec0                  | MOVD xmm0 rax:8
          8 | f30f1efa                    | NOP rdx:4
          8 | 0f1f440000                  | NOP [ds:rax+rax]:4
          8 | 0f0d08                      | NOP [ds:rax]:4
          8 | 0faef0                      | MFENCE
          8 | 0fae38                      | CLFLUSH [ds:rax]:1
          8 | e680                        | OUT 80:1 rax:1
          8 | 48ef                        | OUT rdx:2 rax:4
          8 | c8100001                    | ENTER 10:2 1:1
          8 | 48ff28                      | JMP_FAR [ds:rax]:10
          # 32-bit code
          4 | 40                          | INC rax:4
          4 | 6648                        | DEC rax:2
          4 | 678b07                      | MOV rax:4 [ds:rbx]:4
          4 | 678b4205                    | MOV rax:4 [ss:rbp+rsi+5]:4
          4 | 8b0510000000                | MOV rax:4 [ds:10]:4
          4 | 368b00                      | MOV rax:4 [ss:rax]:4
          4 | c401                        | LES rax:4 [ds:rcx]:6
          4 | c4e270f2c1                  | ANDN rax:4 rcx:4 rcx:4
          4 | ea785634120800              | JMP_FAR 8:12345678
          4 | 63c1                        | ARPL rcx:2 rax:2
          4 | 6201                        | BOUND rax:4 [ds:rcx]:0
          4 | 66e9fbff                    | JMP ->fff
          4 | d40a                        | AAM a:1
          4 | 8200ff                      | ADD [ds:rax]:1 ff:1
          4 | 60                          | PUSHA
          4 | 0f0100                      | SGDT [ds:rax]:6
          4 | 0f0110                      | LGDT [ds:rax]:6
          4 | 660fc8                      | BSWAP rax:2
          # 16-bit code
          2 | 8b07                        | MOV rax:2 [ds:rbx]:2
          2 | 8b4600                      | MOV rax:2 [ss:rbp]:2
          2 | 8b1e3412                    | MOV rbx:2 [ds:1234]:2
          2 | 668b1e3412                  | MOV rbx:4 [ds:1234]:4
          2 | 67668b0424                  | MOV rax:4 [ss:rsp]:4
          2 | ea00100020                  | JMP_FAR 2000:1000
          2 | 66ea0000000010 00           | JMP_FAR 10:0
          2 | ebfe                        | JMP ->1000
          2 | 0f22c0                      | MOV_CR cr0:4 rax:4
          2 | cd10                        | INT 10:1
          2 | 26a4                        | MOVS [es:rdi]:1 [es:rsi]:1
          2 | c8040001                    | ENTER 4:2 1:1
          """)
  void bytesAreAnInstruction(int codeSize, String hex, String meaning) {
    byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
    Instruction decoded = decode(code, codeSize);
    assertThat(text(decoded)).isEqualTo(meaning);
    assertThat(decoded.length()).isEqualTo(code.length);
  }

  @ParameterizedTest
  @CsvSource({
    "8,06",
    "8,60",
    "8,27",
    "8,d40a",
    "8,ea000000000000",
    "8,c400",
    "8,82c001",
    "8,0f04",
    "8,d9c0",
    "8,f089d8",
    "8,f00fa300",
    "8,f090",
    "8,8dc0",
    "4,0f01f8",
    "8,8ef0",
    "8,0f3a00",
    "8,66c4e270f2c1",
    "8,48c4e270f2c1",
    "8,c4e274f2c1",
    "8,62f1000000",
    "8,0f77",
    "8,0fae28",
  })
  void whatIsNoInstructionIsInvalid(int codeSize, String hex) {
    byte[] code = Arrays.copyOf(HexFormat.of().parseHex(hex.replace(" ", "")), 15);
    assertThat(decode(code, codeSize).mnemonic()).isEqualTo(Mnemonic.INVALID);
  }

  @Test
  void lockIsForMemoryOnly() {
    assertThat(decode("f04801 18", 8).isLocked()).isTrue();
    assertThat(decode("f0 4801d8", 8).mnemonic()).isEqualTo(Mnemonic.INVALID);
    assertThat(decode("f0 8700", 8).isLocked()).isTrue();
    assertThat(decode("f0 3b00", 8).mnemonic()).isEqualTo(Mnemonic.INVALID);
  }

  @Test
  void fifteenBytesAreTheMost() {
    String prefixes = "66".repeat(12);
    assertThat(decode(prefixes + "83c001", 8).length()).isEqualTo(15);
    assertThat(decode("66" + prefixes + "83c001", 8).mnemonic()).isEqualTo(Mnemonic.TOO_LONG);
    assertThat(decode("66".repeat(20), 8).mnemonic()).isEqualTo(Mnemonic.TOO_LONG);
  }

  @Test
  void whatIsCutShortAsksForMore() {
    byte[] code = HexFormat.of().parseHex("48c7051000000005000000");
    for (int known = 1; known < code.length; known++) {
      assertThat(decoder.decode(code, 0, known, RIP, 8)).as("%d bytes", known).isNull();
    }
    assertThat(decoder.decode(code, 0, code.length, RIP, 8)).isNotNull();
  }

  @Test
  void rexCountsOnlyRightBeforeTheOpcode() {
    assertThat(text(decode("486689d8", 8))).isEqualTo("MOV rax:2 rbx:2");
    assertThat(text(decode("664889d8", 8))).isEqualTo("MOV rax:8 rbx:8");
  }

  @Test
  void theLastRepeatPrefixCounts() {
    assertThat(decode("f2f3a4", 8).repeat()).isEqualTo(Repeat.REP);
    assertThat(decode("f3f2ae", 8).repeat()).isEqualTo(Repeat.REPNE);
  }

  @Test
  void blocksEndWhereControlMayGoElsewhere() {
    assertThat(decode("7500", 8).endsBlock()).isTrue();
    assertThat(decode("f3a4", 8).endsBlock()).isTrue();
    assertThat(decode("a4", 8).endsBlock()).isFalse();
    assertThat(decode("0f22d8", 8).endsBlock()).isTrue();
    assertThat(decode("d9c0", 8).endsBlock()).isTrue();
    assertThat(decode("4801d8", 8).endsBlock()).isFalse();
  }

  private Instruction decode(String hex, int codeSize) {
    return decode(HexFormat.of().parseHex(hex.replace(" ", "")), codeSize);
  }

  private Instruction decode(byte[] code, int codeSize) {
    Instruction decoded = decoder.decode(code, 0, code.length, RIP, codeSize);
    assertThat(decoded).isNotNull();
    return decoded;
  }

  private static String text(Instruction instruction) {
    return instruction.mnemonic()
        + instruction.operands().stream().map(o -> " " + text(o)).collect(Collectors.joining());
  }

  private static String text(Operand operand) {
    return switch (operand) {
      case Operand.Register r ->
          switch (r.file()) {
            case GENERAL -> name(r.number()) + ":" + r.size();
            case HIGH_BYTE -> "acdb".charAt(r.number()) + "h";
            case SEGMENT -> SEGMENTS[r.number()];
            case CONTROL -> "cr" + r.number() + ":" + r.size();
            case DEBUG -> "dr" + r.number() + ":" + r.size();
            case XMM -> "xmm" + r.number();
          };
      case Operand.Memory m -> "[" + SEGMENTS[m.segment()] + ":" + address(m) + "]:" + m.size();
      case Operand.Immediate i -> Long.toHexString(i.value()) + ":" + i.size();
      case Operand.Target t -> "->" + Long.toHexString(t.rip());
      case Operand.FarPointer f ->
          Integer.toHexString(f.selector()) + ":" + Long.toHexString(f.offset());
    };
  }

  private static String address(Operand.Memory m) {
    String text = m.base() == Operand.Memory.NONE ? "" : name(m.base());
    if (m.index() != Operand.Memory.NONE) {
      text += (text.isEmpty() ? "" : "+") + name(m.index());
      text += m.scale() == 0 ? "" : "<<" + m.scale();
    }
    if (m.displacement() != 0 || text.isEmpty()) {
      text += (text.isEmpty() ? "" : "+") + Long.toHexString(m.displacement());
    }
    return text;
  }

  private static String name(int number) {
    return number < 8 ? "r" + REGISTERS_8[number] : "r" + number;
  }
}
