{{- define "dapur.labels" -}}
app.kubernetes.io/name: dapur
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "dapur.selector" -}}
app.kubernetes.io/name: dapur
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "dapur.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "dapur.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "dapur.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "dapur.environment" -}}
- name: DAPUR_DATA
  value: /data
- name: DAPUR_BUS
  valueFrom:
    secretKeyRef: {name: {{ .Values.redis.existingSecret }}, key: {{ .Values.redis.key }}}
{{- end }}

{{- define "dapur.serversDatabase" -}}
- name: DAPUR_DATABASE
  valueFrom:
    secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }}}
{{- end }}

{{- define "dapur.ownersDatabase" -}}
{{- if .Values.database.role -}}
- name: DAPUR_DATABASE
  valueFrom:
    secretKeyRef: {name: {{ .Values.database.owner.existingSecret }}, key: {{ .Values.database.owner.key }}}
{{- else -}}
{{ include "dapur.serversDatabase" . }}
{{- end }}
{{- end }}

{{- define "dapur.ownersWork" -}}
image: {{ include "dapur.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  {{- include "dapur.environment" . | nindent 2 }}
  {{- include "dapur.ownersDatabase" . | nindent 2 }}
securityContext:
  {{- include "dapur.security" . | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /data}
{{- end }}
