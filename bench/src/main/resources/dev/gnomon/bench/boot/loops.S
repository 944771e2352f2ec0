# What the benchmark of the instruction engine executes: 64-bit code with 4-level paging, at address 0.
# loops.hex holds its bytes; to make them anew:
#   as loops.S -o loops.o && objcopy -O binary -j .text loops.o loops.bin && od -An -v -tx1 loops.bin
#
# On entry: rsi a page of data. For the second loop also: r12 where the page table entry of a page lies, r13
# what it holds, r14 by what two values for it differ, r15 the address of the page.

        .text
        .code64

# 10 instructions a turn: three loads, two stores.
integers:
1:      mov     (%rsi), %rax
        add     %rcx, %rax
        mov     %rax, 8(%rsi)
        lea     (%rax, %rcx, 2), %rdi
        xor     %rdx, %rdi
        add     8(%rsi), %rdx
        mov     %edx, 16(%rsi)
        movzbl  17(%rsi), %ebx
        dec     %rcx
        jnz     1b
        jmp     integers

# About 300 instructions a turn: a page is unmapped, invalidated and touched; the fault handler maps another
# frame there.
        .balign 64
faults:
        mov     $28, %ecx
2:      mov     (%rsi), %rax
        add     %rcx, %rax
        mov     %rax, 8(%rsi)
        lea     (%rax, %rcx, 2), %rdi
        xor     %rdx, %rdi
        add     8(%rsi), %rdx
        mov     %edx, 16(%rsi)
        movzbl  17(%rsi), %ebx
        dec     %rcx
        jnz     2b
        movq    $0, (%r12)
        invlpg  (%r15)
        mov     %rdx, (%r15)
        add     8(%r15), %rdi
        jmp     faults

# #PF, on the stack of the interrupted code.
        .balign 64
handler:
        push    %rax
        mov     %cr2, %rax
        cmp     %r15, %rax
        jne     .
        xor     %r14, %r13
        mov     %r13, (%r12)
        pop     %rax
        add     $8, %rsp
        iretq
