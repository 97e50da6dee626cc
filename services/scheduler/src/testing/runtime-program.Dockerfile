# The program that tests start in place of the runtime, on the runtime's image.
FROM semibot-runtime
COPY runtime-program.ts hand-runtime.ts /app/services/runtime/src/testing/
CMD ["/app/services/runtime/src/testing/runtime-program.ts"]
