# The stub by which generated instructions run on the machine's own processor.
#
# It lies at the start of a mapping whose second page is the state below; everything is reached
# relative to RIP, so no register is needed for the way in or out. enter is a C function without
# arguments: it saves what the caller must find again, loads the state and jumps to the program;
# the program ends with a jump to leave, which stores the state and returns.
#
#   as -o stub.o stub.S && objcopy -O binary -j .text stub.o stub.bin && xxd -p -c 32 stub.bin
#
# State, by offset into its page: 0 general registers in the order of their encoding, 128 RFLAGS,
# 136 MXCSR, 144 where the program begins (4 bytes, then the selector of 64- or 32-bit code), 152
# which exit it took, 160 the caller's RSP, 168 the caller's RFLAGS, 176 the caller's MXCSR, 184 and
# 188 the caller's DS and ES, 256 XMM0 to XMM15.
#
# 32-bit code needs DS and ES: they get what SS has, flat data.

        .set    state, start + 0x1000

        .text
start:
        jmp     enter
        .balign 16
leave:
        movq    %rax, state + 0(%rip)
        movq    %rcx, state + 8(%rip)
        movq    %rdx, state + 16(%rip)
        movq    %rbx, state + 24(%rip)
        movq    %rsp, state + 32(%rip)
        movq    %rbp, state + 40(%rip)
        movq    %rsi, state + 48(%rip)
        movq    %rdi, state + 56(%rip)
        movq    %r8, state + 64(%rip)
        movq    %r9, state + 72(%rip)
        movq    %r10, state + 80(%rip)
        movq    %r11, state + 88(%rip)
        movq    %r12, state + 96(%rip)
        movq    %r13, state + 104(%rip)
        movq    %r14, state + 112(%rip)
        movq    %r15, state + 120(%rip)
        movq    state + 160(%rip), %rsp
        pushfq
        popq    state + 128(%rip)
        pushq   state + 168(%rip)
        popfq
        stmxcsr state + 136(%rip)
        ldmxcsr state + 176(%rip)
        movl    state + 184(%rip), %eax
        movl    %eax, %ds
        movl    state + 188(%rip), %eax
        movl    %eax, %es
        movups  %xmm0, state + 256(%rip)
        movups  %xmm1, state + 272(%rip)
        movups  %xmm2, state + 288(%rip)
        movups  %xmm3, state + 304(%rip)
        movups  %xmm4, state + 320(%rip)
        movups  %xmm5, state + 336(%rip)
        movups  %xmm6, state + 352(%rip)
        movups  %xmm7, state + 368(%rip)
        movups  %xmm8, state + 384(%rip)
        movups  %xmm9, state + 400(%rip)
        movups  %xmm10, state + 416(%rip)
        movups  %xmm11, state + 432(%rip)
        movups  %xmm12, state + 448(%rip)
        movups  %xmm13, state + 464(%rip)
        movups  %xmm14, state + 480(%rip)
        movups  %xmm15, state + 496(%rip)
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

enter:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushfq
        popq    state + 168(%rip)
        movq    %rsp, state + 160(%rip)
        stmxcsr state + 176(%rip)
        ldmxcsr state + 136(%rip)
        movl    %ds, %eax
        movl    %eax, state + 184(%rip)
        movl    %es, %eax
        movl    %eax, state + 188(%rip)
        movl    %ss, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movups  state + 256(%rip), %xmm0
        movups  state + 272(%rip), %xmm1
        movups  state + 288(%rip), %xmm2
        movups  state + 304(%rip), %xmm3
        movups  state + 320(%rip), %xmm4
        movups  state + 336(%rip), %xmm5
        movups  state + 352(%rip), %xmm6
        movups  state + 368(%rip), %xmm7
        movups  state + 384(%rip), %xmm8
        movups  state + 400(%rip), %xmm9
        movups  state + 416(%rip), %xmm10
        movups  state + 432(%rip), %xmm11
        movups  state + 448(%rip), %xmm12
        movups  state + 464(%rip), %xmm13
        movups  state + 480(%rip), %xmm14
        movups  state + 496(%rip), %xmm15
        pushq   state + 128(%rip)
        popfq
        movq    state + 0(%rip), %rax
        movq    state + 8(%rip), %rcx
        movq    state + 16(%rip), %rdx
        movq    state + 24(%rip), %rbx
        movq    state + 32(%rip), %rsp
        movq    state + 40(%rip), %rbp
        movq    state + 48(%rip), %rsi
        movq    state + 56(%rip), %rdi
        movq    state + 64(%rip), %r8
        movq    state + 72(%rip), %r9
        movq    state + 80(%rip), %r10
        movq    state + 88(%rip), %r11
        movq    state + 96(%rip), %r12
        movq    state + 104(%rip), %r13
        movq    state + 112(%rip), %r14
        movq    state + 120(%rip), %r15
        ljmp    *state + 144(%rip)
